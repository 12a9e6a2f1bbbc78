#!/usr/bin/env bash
# xen-root.sh: prints the directory that holds an unconfigured Xen host, a Debian 12 system as its packages leave it.
#
# Apart from xen-disk.sh, which configures it, because this is the slow half (some three minutes) and seldom
# changes. Packages come from wherever this machine's own apt gets them, with the trust that this machine has.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

suite=bookworm               # Xen 4.17, libvirt 9.0
# For the first start of apt inside, and for a system that boots.
base_packages=ca-certificates,systemd,systemd-sysv,dbus,udev,kmod,iproute2,procps
packages="linux-image-amd64 initramfs-tools busybox lz4
  xen-hypervisor-4.17-amd64 xen-utils-4.17 xen-utils-common xenstore-utils qemu-system-xen seabios grub-xen-host
  libvirt-daemon libvirt-daemon-system libvirt-daemon-driver-xen libvirt-clients
  openjdk-17-jre-headless dnsmasq-base nftables qemu-utils genisoimage e2fsprogs lvm2 curl
  openssh-server qemu-guest-agent iputils-ping netcat-openbsd"

root=$HOSPES_CACHE/xen-root-$(sha256sum < "$lab_home/xen-root.sh" | cut -c1-16)
if [ -d "$root" ]; then echo "$root"; exit 0; fi
need_root
command -v debootstrap >/dev/null || die "debootstrap is missing: apt-get install debootstrap"
# shellcheck disable=SC2016 # a format of apt's own
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Codename: $suite" 'Component: main' | head -1)
[ -n "$mirror" ] || die "this machine's apt knows no source of Debian's $suite; a Xen host is made of its packages"

mkdir -p "$HOSPES_CACHE"
exec 8>"$HOSPES_CACHE/xen-root.lock"; flock 8
if [ -d "$root" ]; then echo "$root"; exit 0; fi
say "making a Xen host out of Debian's packages; it takes some minutes, once"
new=$HOSPES_CACHE/xen-root.new log=$HOSPES_CACHE/xen-root.log
rm -rf "$new"
debootstrap --variant=minbase --include="$base_packages" "$suite" "$new" "$mirror" >"$log" 2>&1 8>&- \
  || { tail -5 "$log" >&2; die "debootstrap failed; the whole log: $log"; }

# Nothing of it runs here, and a throw-away host needs no manuals.
printf '#!/bin/sh\nexit 101\n' > "$new/usr/sbin/policy-rc.d"; chmod 0755 "$new/usr/sbin/policy-rc.d"
printf 'path-exclude /usr/share/%s/*\n' doc man locale > "$new/etc/dpkg/dpkg.cfg.d/no-manuals"
# Small and quick to unpack: the emulated machine has one kind of disk. To be told before the kernel comes.
mkdir -p "$new/etc/initramfs-tools/conf.d"
printf 'MODULES=list\nCOMPRESS=lz4\n' > "$new/etc/initramfs-tools/conf.d/lab"
printf '%s\n' virtio_pci virtio_blk ext4 crc32c >> "$new/etc/initramfs-tools/modules"

# In a mount namespace, so that the machine's sources are only lent and all mounts go when the shell does.
# shellcheck disable=SC2016,SC2086 # expanded inside; a list of names
unshare --mount --propagation private bash -euc '
  new=$1; shift
  mount -t proc proc "$new/proc"
  touch "$new/etc/resolv.conf"
  for lent in /etc/resolv.conf /etc/apt /usr/share/keyrings; do mount --bind -o ro "$(readlink -f "$lent")" "$new$lent"; done
  export DEBIAN_FRONTEND=noninteractive LC_ALL=C
  chroot "$new" apt-get -q update
  chroot "$new" apt-get -q install -y --no-install-recommends "$@"
  chroot "$new" apt-get -q clean' lend "$new" $packages >>"$log" 2>&1 8>&- </dev/null \
  || { tail -15 "$log" >&2; die "installing packages failed; the whole log: $log"; }
rm -rf "$new/usr/sbin/policy-rc.d" "$new"/var/lib/apt/lists/* "$new/etc/resolv.conf"

find "$HOSPES_CACHE" -maxdepth 1 -name 'xen-root-*' -exec rm -rf {} +
mv "$new" "$root"
echo "$root"
