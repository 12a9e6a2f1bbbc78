#!/usr/bin/env bash
# tiny-kernel.sh DIR: puts `vmlinuz`, `vmlinux.lzo` and `initrd` of the tiny guest into DIR.
#
# vmlinux.lzo is the same kernel for a Xen PV guest. The GRUB inside one unpacks it, and does not know the lz4 of
# vmlinuz; of what it knows lzo takes it half the time of gzip.
#
# The kernel is Debian's own for virtual machines, taken out of its package without installing it (installing
# would touch the machine's boot loader). The initrd is busybox and the dozen modules a virtio or Xen guest needs:
# it is the whole system, because reading a root file system is what costs time under emulation.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

directory=${1:?tiny-kernel.sh DIR}
mkdir -p "$directory" "$HOSPES_CACHE/kernel"

# In the order in which they can be loaded. isofs reads the seed disk; pvpanic tells QEMU that
# the kernel panicked; the Xen two are ignored under QEMU.
modules="failover net_failover virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_net
  virtio_blk cdrom isofs xen-netfront xen-blkfront evdev button pvpanic pvpanic-mmio"

# fetch_kernel: prints the directory that holds the unpacked kernel package.
fetch_kernel() {
  local package unpacked
  package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends: linux-image-[0-9]/ {print $2; exit}')
  if [ -z "$package" ]; then
    # Without package lists an earlier download still serves.
    unpacked=$(find "$HOSPES_CACHE/kernel" -mindepth 1 -maxdepth 1 -name 'linux-image-*' ! -name '*.new' | sort -V | tail -1)
    [ -n "$unpacked" ] || die "apt knows no linux-image-cloud-amd64; run: apt-get update"
    echo "$unpacked"; return
  fi
  unpacked=$HOSPES_CACHE/kernel/$package
  if [ ! -d "$unpacked" ]; then
    say "fetching $package (27 MB)"
    rm -rf "$unpacked.new"; mkdir -p "$unpacked.new"
    (cd "$unpacked.new" && apt-get -qq -o APT::Sandbox::User=root download "$package" >&2)
    dpkg-deb -x "$unpacked.new"/*.deb "$unpacked.new"
    rm -f "$unpacked.new"/*.deb
    mv -T "$unpacked.new" "$unpacked"
  fi
  echo "$unpacked"
}

kernel=$(fetch_kernel)
busybox=$(command -v busybox) || die "busybox-static is missing: apt-get install busybox-static"
if ldd "$busybox" >/dev/null 2>&1; then die "$busybox is not static: apt-get install busybox-static"; fi

inputs=$(cat "$lab_home"/{lib,tiny-kernel}.sh "$lab_home/tiny-init" "$busybox" "$kernel"/boot/vmlinuz-* | sha256sum | cut -d' ' -f1)
if [ "$(cat "$directory/inputs" 2>/dev/null)" = "$inputs" ]; then exit 0; fi

work=$(mktemp -d "$HOSPES_CACHE/initrd.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{bin,dev,proc,sys,etc,tmp,run,www,seed,lib/modules}
cp "$busybox" "$work/bin/busybox"
cp "$lab_home/tiny-init" "$work/init"
for module in $modules; do
  file=$(find "$kernel/lib/modules" -name "$module.ko*" | head -1)
  [ -n "$file" ] || die "$kernel has no module $module"
  cp "$file" "$work/lib/modules/"
  basename "$file" >> "$work/lib/modules/order"
done
chmod -R u=rwX,go=rX "$work"; chmod 0755 "$work/init" "$work/bin/busybox"

# Equal inputs give equal bytes: fixed times, sorted names, owner root, no inode numbers, no gzip header time.
find "$work" -exec touch -hd @1700000000 {} +
(cd "$work" && find . -mindepth 1 | LC_ALL=C sort | cpio --quiet --reproducible -R 0:0 -o -H newc) | gzip -9n > "$directory/initrd.new"
mv "$directory/initrd.new" "$directory/initrd"
cp "$kernel"/boot/vmlinuz-* "$directory/vmlinuz"
# Out of a file, because lzop notes the time of what it reads.
unpack_kernel "$directory/vmlinuz" > "$work/vmlinux"
touch -d @1700000000 "$work/vmlinux"
lzop -9nc "$work/vmlinux" > "$directory/vmlinux.lzo"
chmod 0644 "$directory/vmlinuz" "$directory/vmlinux.lzo"
# They enter the image's file system with their times.
touch -d @1700000000 "$directory"/{vmlinuz,vmlinux.lzo,initrd}
echo "$inputs" > "$directory/inputs"
