#!/usr/bin/env bash
# A cluster node on this machine: network and mount namespace, its own virtlogd and libvirtd.
#
#   node.sh up NAME INDEX          raise it (INDEX 1..8) in the site that site.sh raised
#   node.sh exec NAME CMD...       run in it, in the directory one stands in
#   node.sh libvirtd NAME start|stop|kill|freeze|thaw    for tests of what happens when libvirtd goes away
#   node.sh down NAME              end its processes, guests too, and forget its state
#
# With HOSPES_CONTROL_GROUPS=yes its libvirtd has the processor controller of the control groups, in a group of the
# node's own, where this machine has that controller as version 1; else `up` fails. Without, it has none.
#
# Inside, /var/lib/hospes and libvirt's own directories are the node's; everything else is the machine's. QEMU
# runs as libvirt-qemu, as on a real node. Its state is bound to /var/lib/hospes, not used in place, because the
# lab may lie below a home directory that libvirt-qemu cannot enter.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
check_site_name

# What two libvirtd must not share, and the agent's state.
own_directories="run/libvirt var/lib/libvirt var/log/libvirt var/cache/libvirt etc/libvirt var/lib/hospes"

name=${2:-}
namespace=$HOSPES_SITE-$name
state=$HOSPES_LAB_DIR/$namespace

inside() { nsenter -t "$(keeper "$namespace" "$state")" -m -n -C "$@"; }


write_libvirt_configuration() {
  cp -r /etc/libvirt/. "$state/etc/libvirt/"
  # The package's own network would claim virbr0 and an address range nobody asked for.
  rm -rf "$state"/etc/libvirt/qemu/networks/autostart/* "$state"/etc/libvirt/qemu/networks/default.xml
  local security=none
  # With AppArmor in the kernel libvirt confines each guest by itself; without it, it must be told not to try.
  if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] && [ -d /sys/kernel/security/apparmor ] \
      && command -v virt-aa-helper >/dev/null; then security=apparmor; fi
  cat > "$state/etc/libvirt/qemu.conf" <<EOF
# Guests never run as root: what QEMU opens must be open to this user alone.
user = "libvirt-qemu"
group = "libvirt-qemu"
security_driver = "$security"
# libvirt may hand a guest's own overlay to it; who owned it before need not be kept in xattrs, which some
# file systems refuse. The verified base image is exempt in the domain's XML (relabel='no').
dynamic_ownership = 1
remember_owner = 0
# A namespace without its own cgroup tree cannot hand out shares of one, and the machine's must stay as it is.
cgroup_controllers = [$([ "${HOSPES_CONTROL_GROUPS:-}" != yes ] || echo '"cpu"')]
# The node's virtlogd keeps consoles within bounds.
stdio_handler = "logd"
EOF
  cat > "$state/etc/libvirt/libvirtd.conf" <<EOF
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_ro_perms = "0700"
unix_sock_rw_perms = "0700"
EOF
}

libvirt_answers() { inside virsh -q -c qemu:///system version; }

start_libvirtd() {
  # Each needs a pid file of its own: the default one would be the machine's, and the second daemon dies of it.
  # It belongs where the node's groups begin, and not where the one stands who starts it.
  inside bash -c '[ ! -e /sys/fs/cgroup/cpu/cgroup.procs ] || echo $$ > /sys/fs/cgroup/cpu/cgroup.procs; exec "$@"' start \
    setsid "$lab_home/reaping" libvirtd --pid-file /run/libvirt/libvirtd-lab.pid </dev/null >>"$state/libvirtd.log" 2>&1 &
  wait_until 60 libvirt_answers || die "libvirtd of $name does not answer: $(tail -3 "$state/libvirtd.log")"
}

libvirtd_pid() {
  local pid
  for pid in $(ip netns pids "$namespace"); do
    if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = libvirtd ]; then echo "$pid"; return; fi
  done
}

up() {
  need_root
  local index=${1:?node.sh up NAME INDEX} directory address mounts=
  [[ $name =~ ^[a-z][a-z0-9]{0,8}$ ]] || die "node name '$name': 1 to 9 of a-z and 0-9, a letter first"
  [[ $index =~ ^[1-8]$ ]] || die "node index '$index': 1 to 8"
  namespace_exists "$HOSPES_SITE-head" || die "site $HOSPES_SITE is not up: site.sh up"
  address=$(node_address "$index")
  if namespace_exists "$namespace"; then die "$name is up already: node.sh down $name"; fi
  trap 'say "raising node $name failed; clearing up"; down' EXIT
  rm -rf "$state"
  for directory in $own_directories; do mkdir -p "$state/$directory"; done
  # Traversable by libvirt-qemu, which must reach its guests' disks below them, but not to be listed by it.
  chmod 0711 "$state/var/lib/libvirt" "$state/var/lib/hospes"
  write_libvirt_configuration
  claim_mount_point
  mkdir -p /run/libvirt

  ip netns add "$namespace"
  ip -n "$namespace" link set lo up
  ip -n "$namespace" link add up0 type veth peer name "$name" netns "$HOSPES_SITE-head"
  ip -n "$HOSPES_SITE-head" link set "$name" master switch up
  ip -n "$namespace" addr add "$address/26" dev up0
  ip -n "$namespace" link set up0 up
  ip -n "$namespace" route add default via "$site_head"
  ip netns exec "$namespace" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.up0.disable_ipv6=1

  for directory in $own_directories; do
    mounts+="mount --bind '$state/$directory' '/$directory'; "
  done
  mounts+="mount --bind '$HOSPES_LAB_DIR/hosts' /etc/hosts; "
  # Where /dev/kvm is closed to libvirt-qemu, libvirt finds KVM when it asks QEMU (with more rights than a guest
  # has) and then misses it, and so asks QEMU anew, for ten seconds, at each start of a guest. The node sees a
  # device as Debian's udev would make it; the machine's own stays as it is.
  if [ -c /dev/kvm ]; then
    mknod "$state/kvm" c 10 232
    chgrp kvm "$state/kvm"
    chmod 0660 "$state/kvm"
    mounts+="mount --bind '$state/kvm' /dev/kvm; "
  fi
  # Over D-Bus libvirt would enter its bridges into the machine's firewalld and its guests into the machine's
  # systemd-machined.
  mounts+="if [ -d /run/dbus ]; then mount -t tmpfs -o size=4k none /run/dbus; fi"
  local group=
  if [ "${HOSPES_CONTROL_GROUPS:-}" = yes ]; then
    group=$(control_group "$namespace")
    [ -n "$group" ] || die "HOSPES_CONTROL_GROUPS=yes: this machine has no processor controller of version 1"
    mkdir -p "$group"
    mounts+="; mount -t tmpfs -o size=4k none /sys/fs/cgroup; mkdir /sys/fs/cgroup/cpu
      mount -t cgroup -o cpu none /sys/fs/cgroup/cpu"
  fi
  start_keeper "$namespace" "$state" "$mounts" "$group"

  inside setsid virtlogd --pid-file /run/libvirt/virtlogd-lab.pid </dev/null >>"$state/virtlogd.log" 2>&1 &
  # Asking QEMU for its abilities takes libvirt ten seconds; the answer holds until QEMU, libvirt or the kernel
  # change, which libvirt checks by itself.
  mkdir -p "$state/var/cache/libvirt/qemu/capabilities" "$HOSPES_CACHE/libvirt"
  cp "$HOSPES_CACHE"/libvirt/*.xml "$state/var/cache/libvirt/qemu/capabilities/" 2>/dev/null || true
  start_libvirtd
  cp "$state"/var/cache/libvirt/qemu/capabilities/*.xml "$HOSPES_CACHE/libvirt/" 2>/dev/null || true
  trap - EXIT
  echo "$address"
}

down() {
  need_root
  trap - EXIT
  # Guests die with the namespace's other processes, QEMU and dnsmasq live in it too.
  clear_namespace "$namespace"
  rm -rf "$state"
}

command=${1:-}
[ -n "$name" ] || { sed -n '2,7p' "$0" | cut -c3- >&2; exit 2; }
case $command in
  up) up "${3:-}" ;;
  exec) shift 2; pid=$(keeper "$namespace" "$state"); exec nsenter -t "$pid" -m -n -C --wd="$PWD" "$@" ;;
  libvirtd)
    need_root
    case ${3:-} in
      start) start_libvirtd ;;
      stop) pid=$(libvirtd_pid); [ -z "$pid" ] || { kill "$pid"; wait_until 10 test ! -e "/proc/$pid"; } ;;
      kill) pid=$(libvirtd_pid); [ -z "$pid" ] || { kill -9 "$pid"; wait_until 10 test ! -e "/proc/$pid"; } ;;
      freeze) pid=$(libvirtd_pid); kill -STOP "$pid" ;;
      thaw) pid=$(libvirtd_pid); kill -CONT "$pid" ;;
      *) die "node.sh libvirtd NAME start|stop|kill|freeze|thaw" ;;
    esac ;;
  down) down ;;
  *) sed -n '2,7p' "$0" | cut -c3- >&2; exit 2 ;;
esac
