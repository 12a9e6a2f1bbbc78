#!/usr/bin/env bash
# What guests' disks cost as files and as volumes, on the machine that it runs on (a node, or the lab's dom0).
#
#   bench-disks.sh IMAGE GROUP FOLDER [ROUNDS]
#
# IMAGE is a raw disk, GROUP an LVM volume group with room for five of it, FOLDER on the file system where overlays
# would lie. For each kind of disk, interleaved, ROUNDS (3) times: how long it takes to make, the rate of a first write
# to all of it, of a second one, and of reading it, and how long its digest takes. One line of JSON each.
# Best with GROUP and FOLDER on the same disk. Writes and reads are those of `qemu-img bench`, 64 KiB each, one after
# the other and past the page cache, so that all kinds go through the same program.
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,11p' "$0" | cut -c3- >&2; exit 2; }
image=$(readlink -f "$1") group=$2 folder=$3 rounds=${4:-3}
bytes=$(stat -c %s "$image")
chunk=65536
count=$((bytes / chunk))
extents=$(((bytes + (4 << 20) - 1) / (4 << 20))) # of 4 MiB
mebibytes=$((extents * 4))
base=hospesbench-base

volume() { echo "/dev/$group/hospesbench-$1"; }
drop() { [ ! -e "$(volume "$1")" ] || lvremove -qq -y "$group/hospesbench-$1" >/dev/null; }
clean() { drop snapshot; drop dense; drop base; rm -f "$folder/hospesbench.qcow2"; }
trap clean EXIT

# seconds CMD...: how long it took
seconds() {
  local begun=$EPOCHREALTIME
  "$@" >/dev/null
  echo "$EPOCHREALTIME $begun" | awk '{printf "%.3f", $1 - $2}'
}
# rate FORMAT FILE [-w]: MiB/s
rate() {
  qemu-img bench -c "$count" -d 1 -s "$chunk" -f "$1" -t none "${@:3}" "$2" \
    | awk -v bytes="$bytes" '/^Run completed in/ {printf "%.2f", bytes / 1048576 / $4}'
}
digest() { dd if="$1" bs=1M iflag=direct status=none | sha256sum; }
tell() { printf '{"round": %d, "kind": "%s", "what": "%s", "value": %s, "load": %s}\n' "$round" "$1" "$2" "$3" "$(cut -d' ' -f1 /proc/loadavg)"; }

stage() {
  lvcreate -qq -y -Zn -Wn -n "$1" -L "${mebibytes}m" "$group"
  dd if="$image" of="/dev/$group/$1" bs=1M oflag=direct conv=notrunc status=none
}
make_files() { qemu-img create -q -u -f qcow2 -F raw -b "$image" "$folder/hospesbench.qcow2" "$bytes"; }
make_snapshot() { lvcreate -qq -y -s --permission rw -c 64k -n hospesbench-snapshot -L "$((mebibytes + 4))m" "$group/$base"; }
make_dense() { stage hospesbench-dense; }

clean
round=0
tell image stage "$(seconds stage $base)"
lvchange -qq -pr "$group/$base"
for round in $(seq "$rounds"); do
  for kind in files snapshot dense; do
    disk=$(volume "$kind") format=raw
    if [ "$kind" = files ]; then disk=$folder/hospesbench.qcow2 format=qcow2; rm -f "$disk"; else drop "$kind"; fi
    tell "$kind" make "$(seconds "make_$kind")"
    tell "$kind" first-write "$(rate "$format" "$disk" -w)"
    tell "$kind" write "$(rate "$format" "$disk" -w)"
    tell "$kind" read "$(rate "$format" "$disk")"
    tell "$kind" digest "$(seconds digest "$disk")"
  done
done
