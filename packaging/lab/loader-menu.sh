#!/usr/bin/env bash
# loader-menu.sh: tries the menu that xen-loader gives the GRUBs of Xen guests, in a GRUB for PCs under QEMU, on disks
# that boot and disks that do not. Says what went wrong, and exits with 1 if anything did.
#
# The menu's language is the same everywhere; what differs is the name of the disk, which is put in its place.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

grub=/usr/lib/grub/i386-pc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# The loader: boot.img in the first sector, core.img behind it, the menu inside that.
mkdir -p memory/boot/grub
{
  printf '%s\n' 'serial --unit=0 --speed=115200' 'terminal_input serial' 'terminal_output serial'
  sed -n "/^cat > .*<<'END'\$/,/^END\$/p" "$repository_root/packaging/src/bin/xen-loader" | sed '1d;$d' | sed 's,xen/xvda,hd1,g'
} > memory/boot/grub/grub.cfg
grep -q '(hd1)\|for disk in hd1' memory/boot/grub/grub.cfg || die "no menu found in xen-loader"
tar -cf memory.tar -C memory boot
grub-mkimage -O i386-pc -d "$grub" -p '(memdisk)/boot/grub' -m memory.tar -o core.img biosdisk part_msdos part_gpt fat \
  normal configfile echo halt test linux memdisk tar serial terminal sleep boot regexp
truncate -s 4M loader
dd if="$grub/boot.img" of=loader bs=440 count=1 conv=notrunc status=none
dd if=core.img of=loader bs=512 seek=1 conv=notrunc status=none
printf '\x55\xaa' | dd of=loader bs=1 seek=510 conv=notrunc status=none

# try NAME EXPECTED [GRUB.CFG]: EXPECTED is the last line on the console; without grub.cfg the disk is empty.
try() {
  local name=$1 expected=$2 said
  truncate -s 720K "$name.disk"
  if [ $# = 3 ]; then
    rm "$name.disk"
    mformat -C -f 720 -i "$name.disk" ::
    mmd -i "$name.disk" ::/boot ::/boot/grub
    printf '%b\n' "$3" > "$name.cfg"
    mcopy -i "$name.disk" "$name.cfg" ::/boot/grub/grub.cfg
  fi
  timeout 240 qemu-system-x86_64 -nodefaults -display none -m 64 -serial stdio -no-reboot \
    -drive file=loader,format=raw,if=ide,index=0,readonly=off,snapshot=on \
    -drive "file=$name.disk,format=raw,if=ide,index=1" </dev/null >"$name.console" 2>&1 || true
  said=$(tr -d '\r' < "$name.console" | sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' | grep -v '^ *$' | tail -1)
  [ "$said" = "$expected" ] || say "$name: expected '$expected', found '$said'"
  [ "$said" = "$expected" ]
}

nothing='hospes: nothing to boot'
a='menuentry "a" {\n linux /boot/a\n initrd /boot/b\n}'
good='menuentry "b" --id best {\n echo GOOD\n halt\n}'
bad='menuentry "c" {\n echo BAD\n halt\n}'
jobs=()
try empty "$nothing" & jobs+=($!)
try no-menu "$nothing" 'linux /boot/a' & jobs+=($!)
try missing "$nothing" "set timeout=0\n$a" & jobs+=($!)
try no-time-out "$nothing" "$a" & jobs+=($!)
try two-missing "$nothing" "set timeout=0\nset fallback=1\n$a\n$a" & jobs+=($!)
try fallback GOOD "set timeout=0\nset fallback=1\n$a\n$good" & jobs+=($!)
try first GOOD "set timeout=0\n$good\n$bad" & jobs+=($!)
try by-number GOOD "set timeout=0\nset default=1\n$bad\n$good" & jobs+=($!)
try by-id GOOD "set timeout=0\nset default=best\n$bad\n$good" & jobs+=($!)
try in-submenu GOOD "set timeout=0\nset default=\"1>0\"\n$bad\nsubmenu s {\n$good\n}" & jobs+=($!)
failed=0
for job in "${jobs[@]}"; do wait "$job" || failed=1; done
exit "$failed"
