# shellcheck shell=bash
# The emulated machine of a Xen host, and the saved state that hosts resume from. Sourced by xen-node.sh.
#
# Whatever stands here is part of the saved state's key: QEMU takes a state only into the very machine it was
# saved from.
# shellcheck disable=SC2154 # set by lib.sh

# MONITOR hidden: Xen's idle loop would use it, and QEMU faults the way it does. RDTSCP hidden: PVH guests die of
# it. With SVM and nested paging, emulated too, there are PVH guests.
xen_cpu=EPYC,+svm,+npt,-monitor,-rdtscp
# One processor, on purpose: a host's processors wait for each other, the one of a guest's GRUB at every block it
# reads for dom0's. Two hosts on two busy cores took 90 s for a guest so, and 20 s with one processor that Xen shares out.
xen_processors=1
xen_memory=4096              # MiB of the whole machine; dom0 has a fixed part, guests share the rest
dom0_memory=1536M
# Of the disk that brings the programs (xen-programs.sh): a machine that was saved is told of no other size.
xen_programs_size=512M

# Guards against faults of real CPUs are left out: an emulated one has not got those, only their costs. bootscrub:
# memory that Xen never wiped need not be real memory here. eager-fpu, although it is such a guard: without it, Xen
# switching FPU state lazily, programs in dom0 and guests crashed, span or gave wrong results now and then.
xen_command_line="console=com1 com1=115200,8n1 loglvl=warning guest_loglvl=warning noreboot bootscrub=0
  dom0_mem=$dom0_memory,max:$dom0_memory dom0_max_vcpus=$xen_processors spec-ctrl=no,eager-fpu=yes xpti=no pv-l1tf=no smep=0 smap=0
  iommu=0 cpufreq=none"
# norandmaps: QEMU translates code once for each address that it is run at, and programs and their libraries would
# be elsewhere each time that they are started.
dom0_command_line="root=/dev/vda rw console=hvc0 quiet mitigations=off random.trust_cpu=on systemd.show_status=0 norandmaps"

# run_xen_host DISKDIR STATEDIR DISK OPTIONS...: QEMU in the network namespace one is in, on its tap0, in the
# background. In STATEDIR: `monitor` and `agent` (see xen-monitor), console.log, qemu.pid, and `programs`, the second
# disk, which must be there.
run_xen_host() {
  local files=$1 state=$2 disk=$3; shift 3
  (
    # Sockets' paths are limited in length, so they are named from where they lie.
    cd "$state"
    exec qemu-system-x86_64 -nodefaults -no-user-config -display none -machine q35,sata=off,smbus=off -no-reboot \
      -accel tcg,thread=multi,tb-size=1024 -cpu "$xen_cpu" -smp "$xen_processors" -m "$xen_memory" -rtc base=utc \
      -drive "file=$disk,if=none,id=disk,format=qcow2,cache=unsafe,discard=unmap" -device virtio-blk-pci,drive=disk \
      -drive file=programs,if=none,id=programs,format=raw,readonly=on -device virtio-blk-pci,drive=programs \
      -netdev tap,id=site,ifname=tap0,script=no,downscript=no -device virtio-net-pci,netdev=site,romfile= \
      -device virtio-rng-pci -device virtio-serial-pci \
      -chardev socket,id=agent,path=agent,server=on,wait=off \
      -device virtserialport,chardev=agent,name=org.qemu.guest_agent.0 \
      -qmp unix:monitor,server=on,wait=off -serial file:console.log -pidfile qemu.pid -daemonize \
      -kernel "$files/xen" -append "$(xargs <<<"$xen_command_line")" \
      -initrd "$files/vmlinux $dom0_command_line,$files/initrd" "$@" </dev/null >qemu.log 2>&1
  ) || die "QEMU did not start: $(tail -3 "$state/qemu.log")"
}

monitor() { local state=$1; shift; "$lab_home/xen-monitor" qemu "$state/monitor" "$@"; }
in_host() { local state=$1; shift; "$lab_home/xen-monitor" run "$state/agent" "$@"; }

host_process() {
  local pid
  pid=$(cat "$1/qemu.pid" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = qemu-system-x86 ] && echo "$pid"
}

# host_is STATEDIR STATUS: whether QEMU says so, like `paused` or `running`.
host_is() { [ "$(monitor "$1" query-status | jq -r .status)" = "$2" ]; }

# await_host STATEDIR SECONDS: until systemd in dom0 has started what it starts.
await_host() {
  local state=$1 deadline=$((SECONDS + $2))
  # An agent that is not up yet does not answer; the connection waits in its port.
  until timeout 10 "$lab_home/xen-monitor" run "$state/agent" /bin/systemctl is-active -q multi-user.target </dev/null 2>/dev/null; do
    host_process "$state" >/dev/null || die "the Xen host ended by itself; its console: $state/console.log"
    if grep -aq 'Panic on CPU' "$state/console.log"; then die "Xen panicked; its console: $state/console.log"; fi
    [ "$SECONDS" -lt "$deadline" ] || die "the Xen host has not booted within $2 s; its console: $state/console.log"
    sleep 0.5
  done
}

saved_completely() {
  case $(monitor "$1" query-migrate | jq -r .status) in
    completed) ;;
    failed | cancelled) die "QEMU could not save the Xen host's state" ;;
    *) return 1 ;;
  esac
}

# saved_host FILES: prints the directory of the booted state, making it if need be: `memory`, and disk.qcow2 as it
# was at that moment, on top of FILES/disk.qcow2. Hosts run on overlays of it, so that nothing is copied.
saved_host() {
  local files=$1 key saved work pid
  key=$({ cat "$lab_home/xen-machine.sh"; qemu-system-x86_64 --version; } | sha256sum | cut -c1-16)
  saved=$files/booted-$key
  if [ -d "$saved" ]; then echo "$saved"; return; fi
  exec 6>"$files.lock"; flock 6
  if [ -d "$saved" ]; then echo "$saved"; return; fi
  say "booting a Xen host, to be saved; later ones resume from it"
  rm -rf "$files"/booted-*
  work=$files/booted-new
  mkdir "$work"
  qemu-img create -q -f qcow2 -b ../disk.qcow2 -F qcow2 "$work/disk.qcow2"
  truncate -s "$xen_programs_size" "$work/programs"
  # In a network with nothing in it. A tap all the same: what it can do is part of the network card's state.
  export -f run_xen_host die say
  export xen_cpu xen_processors xen_memory xen_command_line dom0_command_line
  # shellcheck disable=SC2016 # expanded inside
  unshare --net bash -euc 'ip tuntap add tap0 mode tap; ip link set tap0 up; run_xen_host "$@"' boot \
    "$files" "$work" "$work/disk.qcow2" 6>&-
  pid=$(host_process "$work")
  # shellcheck disable=SC2064 # this pid
  trap "kill $pid 2>/dev/null; rm -rf '$work'" EXIT
  await_host "$work" 240
  # libvirtd once, and off again: what it reads at its start is then in dom0's memory.
  in_host "$work" /bin/sh -ec 'systemctl start libvirtd; virsh -q -c xen:///system version
    systemctl stop libvirtd libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket; sync' </dev/null >&2
  monitor "$work" stop >/dev/null
  monitor "$work" migrate-set-parameters '{"max-bandwidth": 100000000000}' >/dev/null
  monitor "$work" migrate "{\"uri\": \"exec:cat > '$work/memory'\"}" >/dev/null
  wait_until 120 saved_completely "$work" || die "saving the Xen host's state took too long"
  monitor "$work" quit >/dev/null
  wait_until 10 test ! -e "/proc/$pid" || die "QEMU (pid $pid) does not end"
  trap - EXIT
  rm -f "$work"/{agent,monitor,qemu.pid,programs}
  chmod 0444 "$work"/{memory,disk.qcow2}
  mv -T "$work" "$saved"
  flock -u 6
  echo "$saved"
}
