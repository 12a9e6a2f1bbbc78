#!/usr/bin/env bash
# tiny-image.sh OUT: a 32 MiB raw disk that boots by itself: MBR, GRUB, kernel and initrd of the tiny guest. As a
# Xen guest it is booted by a GRUB from outside the disk, which finds kernels and grub.cfg in it.
#
# Made without root, loop devices or mounts: the partition table is one entry, mtools makes the file system, and GRUB's two parts
# are put where they belong byte for byte (boot.img into the MBR, core.img into the gap behind it, where boot.img
# looks for it by default).
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

out=${1:?tiny-image.sh OUT}
grub=/usr/lib/grub/i386-pc
parts=$HOSPES_CACHE/tiny
mkdir -p "$(dirname "$out")"
"$lab_home/tiny-kernel.sh" "$parts"

version=$(cat "$lab_home/tiny-image.sh" "$parts/inputs" "$grub/boot.img" "$grub/kernel.img" | sha256sum | cut -d' ' -f1)
cached=$HOSPES_CACHE/tiny-$version.img
if [ ! -f "$cached" ]; then
  work=$(mktemp -d "$HOSPES_CACHE/image.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  export SOURCE_DATE_EPOCH=1700000000 TZ=UTC
  image=$work/disk
  # Little more than what lies in it: a node in emulation fetches and hashes some 2 MB a second.
  truncate -s 32M "$image"
  # Disk id "HOSP"; one entry: active, type 6 (FAT16), from sector 2048, 63488 sectors; then the MBR's mark. The
  # fields in cylinders and heads say "look at the sectors".
  # shellcheck disable=SC2059 # the bytes are written as a format's escapes
  write_at() { printf "$2" | dd of="$image" bs=1 seek="$1" conv=notrunc status=none; }
  write_at 440 'HOSP'
  write_at 446 '\x80\xfe\xff\xff\x06\xfe\xff\xff\x00\x08\x00\x00\x00\xf8\x00\x00'
  write_at 510 '\x55\xaa'

  # quiet: every line on a serial port at 115200 baud is emulated byte by byte. tsc=reliable and no_timer_check
  # leave out calibrations that an emulated clock does badly and slowly.
  command_line="console=ttyS0,115200 quiet loglevel=3 panic=-1 tsc=reliable no_timer_check random.trust_cpu=on"
  # linux16 puts the kernel where it is to lie. `linux` moves its 14 MB there byte by byte, half of an emulated start.
  cat > "$work/load.cfg" <<EOF
insmod biosdisk
linux16 (hd0,msdos1)/boot/vmlinuz $command_line
initrd16 (hd0,msdos1)/boot/initrd
boot
EOF
  # What the GRUB reads that Xen starts inside a PV or PVH guest. Only PV takes a kernel that is no bzImage, and
  # only there GRUB itself would have to unpack a bzImage. The bzImage stands last, for pygrub, which understands no
  # conditions and takes the last of each line.
  cat > "$work/grub.cfg" <<EOF
set timeout=0
menuentry "tiny" {
  if [ "\$grub_platform" = xen ]; then
    linux /boot/vmlinux.lzo $command_line console=hvc0
  else
    linux /boot/vmlinuz $command_line console=hvc0
  fi
  initrd /boot/initrd
}
EOF
  # The rescue parser of core.img has no functions or menus; four lines need none, and there is no time-out.
  grub-mkimage -O i386-pc -d "$grub" -p '(hd0,msdos1)/boot/grub' -c "$work/load.cfg" -o "$work/core.img" \
    biosdisk part_msdos fat linux16 boot
  [ "$(stat -c %s "$work/core.img")" -lt $((2047 * 512)) ] || die "core.img does not fit into the gap"

  partition=$image@@1M
  find "$work" -exec touch -hd @$SOURCE_DATE_EPOCH {} +
  mformat -i "$partition" -c 8 -v TINY -N 484f5350 -T $((32 * 2048 - 2048)) -h 16 -s 63 -H 2048 ::
  mmd -i "$partition" ::/boot ::/boot/grub
  mcopy -m -i "$partition" "$parts"/{vmlinuz,vmlinux.lzo,initrd} ::/boot/
  mcopy -m -i "$partition" "$work/grub.cfg" ::/boot/grub/

  dd if="$grub/boot.img" of="$image" bs=440 count=1 conv=notrunc status=none
  dd if="$work/core.img" of="$image" bs=512 seek=1 conv=notrunc status=none
  mv "$image" "$cached"
  # Earlier versions of it are of no further use.
  find "$HOSPES_CACHE" -maxdepth 1 -name 'tiny-*.img' ! -name "tiny-$version.img" -delete
fi
# Through a new file: somebody may hold or hash the old one.
cp --reflink=auto --sparse=always "$cached" "$out.new"
chmod 0644 "$out.new"
mv "$out.new" "$out"
