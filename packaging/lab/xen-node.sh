#!/usr/bin/env bash
# A cluster node that is a real Xen host: Debian's dom0, Xen and libvirt in an emulated machine on the site's switch.
#
#   xen-node.sh prepare               build and boot such a host and save it; `up` does it when it is missing
#   xen-node.sh up NAME INDEX [DISK]  resume one (INDEX 1..8) in the site that site.sh raised; prints its address;
#                                     DISK, a file of xen-programs.sh, is its /opt
#   xen-node.sh exec NAME CMD...      run in dom0, in /root; streams and exit status are CMD's
#   xen-node.sh copy NAME SRC DST     a file or a directory of this machine into dom0, to be called DST there
#   xen-node.sh crash NAME            power off at once         xen-node.sh boot NAME     power on again, same disk
#   xen-node.sh down NAME             end it and forget its state
#
# It has the address that node.sh would have given to that node, and its uplink has the same name; guests are as far
# away as behind any other router. The machine itself is a process in the namespace SITE-NAME. Some 4 GB of memory.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=xen-machine.sh
. "$lab_home/xen-machine.sh"
check_site_name

name=${2:-}
namespace=$HOSPES_SITE-$name
state=$HOSPES_LAB_DIR/$namespace

# The site's head speaks to its nodes by ssh; one connection serves many commands, because a handshake takes an
# emulated CPU a second. `up` and `boot` open it, and nobody else, for it stays and holds on to their stderr.
may_open=no
ssh_options() {
  printf '%s\n' -F none -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityFile=key -o UserKnownHostsFile=known_hosts \
    -o StrictHostKeyChecking=yes -o ConnectTimeout=30 -o LogLevel=ERROR -o ServerAliveInterval=20 \
    -o ControlMaster="$may_open" -o ControlPath=ssh -o ControlPersist=yes
}

# shell_of COMMANDLINE [OPTIONS...]: a shell in dom0. From where the key and the socket lie, whose names must be short.
shell_of() {
  local options
  mapfile -t options < <(ssh_options)
  cd "$state"
  nsenter --net="/run/netns/$HOSPES_SITE-head" ssh "${options[@]}" "root@$(cat address)" "$@"
}

# The words of a command, as one line for the shell at the other end.
quoted() { printf '%q ' "$@"; }

make_network() {
  ip netns add "$namespace"
  ip netns exec "$namespace" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  ip -n "$namespace" link set lo up
  ip -n "$namespace" link add wire type bridge stp_state 0 forward_delay 0 mcast_snooping 0
  ip -n "$namespace" link add up0 type veth peer name "$name" netns "$HOSPES_SITE-head"
  ip -n "$HOSPES_SITE-head" link set "$name" master switch up
  ip -n "$namespace" tuntap add tap0 mode tap
  ip -n "$namespace" link set up0 master wire up
  ip -n "$namespace" link set tap0 master wire up
  # No address: the namespace is a cable, and the host at its end is inside the machine.
  ip -n "$namespace" link set wire up
}

# make_identity INDEX: what tells this host from the others, as xen-identity takes it.
make_identity() {
  local index=$1 address papers=$state/identity
  address=$(node_address "$index")
  mkdir -p "$papers"; chmod 0700 "$papers"
  echo "$address" > "$state/address"
  ssh-keygen -q -t ed25519 -N '' -C "lab $HOSPES_SITE" -f "$state/key"
  ssh-keygen -q -t ed25519 -N '' -C "$namespace" -f "$papers/ssh_host_ed25519_key"
  cp "$state/key.pub" "$papers/authorized_keys"
  echo "$address $(cut -d' ' -f1,2 "$papers/ssh_host_ed25519_key.pub")" > "$state/known_hosts"
  {
    echo "127.0.0.1 localhost"
    # Its own name is among them.
    sed 1d "$HOSPES_LAB_DIR/hosts" | awk '{print $0, ($2 ~ /^node/ ? substr($2, 1, index($2, ".") - 1) : "")}'
  } > "$papers/hosts"
  cat > "$papers/identity" <<END
name=$name
address=$address/26
gateway=$site_head
mac=$(printf '52:54:00:c6:%02x:%02x' "$HOSPES_BLOCK" "$index")
machine_id=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
END
  head -c 512 /dev/urandom > "$papers/entropy"
}

host_answers() { may_open=auto shell_of virsh -q -c xen:///system version; }

# start_host DISK OPTIONS...: the machine, in the node's namespace.
start_host() {
  export -f run_xen_host die say
  export xen_cpu xen_processors xen_memory xen_command_line dom0_command_line
  # shellcheck disable=SC2016 # expanded inside
  nsenter --net="/run/netns/$namespace" bash -euc 'run_xen_host "$@"' start "$(cat "$state/files")" "$state" "$state/disk.qcow2" "$@"
}

up() {
  need_root
  local index=${1:?xen-node.sh up NAME INDEX} files saved
  [[ $name =~ ^[a-z][a-z0-9]{0,8}$ ]] || die "node name '$name': 1 to 9 of a-z and 0-9, a letter first"
  [[ $index =~ ^[1-8]$ ]] || die "node index '$index': 1 to 8"
  namespace_exists "$HOSPES_SITE-head" || die "site $HOSPES_SITE is not up: site.sh up"
  if namespace_exists "$namespace"; then die "$name is up already: xen-node.sh down $name"; fi
  files=$("$lab_home/xen-disk.sh")
  saved=$(saved_host "$files")
  trap 'say "raising node $name failed; clearing up"; down' EXIT
  rm -rf "$state"
  mkdir -p "$state"; chmod 0700 "$state"
  echo "$files" > "$state/files"
  qemu-img create -q -f qcow2 -b "$saved/disk.qcow2" -F qcow2 "$state/disk.qcow2"
  if [ -n "${2:-}" ]; then ln "$2" "$state/programs" 2>/dev/null || cp --sparse=always "$2" "$state/programs"
  else truncate -s "$xen_programs_size" "$state/programs"; fi
  make_network
  make_identity "$index"
  start_host -incoming "exec:cat '$saved/memory'"
  wait_until 60 host_is "$state" paused || die "the saved state could not be resumed: $(tail -3 "$state/qemu.log")"
  monitor "$state" cont >/dev/null
  set_clock
  tar -c -C "$state/identity" . | in_host "$state" /usr/local/sbin/xen-identity take
  rm -f "$state/identity/entropy"
  wait_until 180 host_answers || die "libvirt of $name does not answer: $(host_answers 2>&1 | tail -3)"
  trap - EXIT
  cat "$state/address"
}

# A resumed host's clock stands where it stood when it was saved, and every certificate would be of the future.
set_clock() {
  "$lab_home/xen-monitor" ask "$state/agent" guest-set-time "{\"time\": $(date +%s%N)}" >/dev/null
}

hang_up() { (shell_of -O exit 2>/dev/null) || true; }

crash() {
  local pid
  need_root
  hang_up
  pid=$(host_process "$state") || die "$name does not run"
  kill -9 "$pid"
  wait_until 10 test ! -e "/proc/$pid" || die "QEMU (pid $pid) does not end"
}

boot() {
  need_root
  if host_process "$state" >/dev/null; then die "$name runs already"; fi
  hang_up
  start_host
  await_host "$state" 240
  wait_until 240 host_answers || die "libvirt of $name does not answer: $(host_answers 2>&1 | tail -3)"
}

copy() {
  local source=$1 target=$2
  if [ -d "$source" ]; then
    tar -c -S -C "$source" . | shell_of "$(quoted mkdir -p "$target") && $(quoted tar -x --no-same-owner -C "$target")"
  else
    # Its own name is not the one that it gets.
    tar -c -S -C "$(dirname "$source")" "$(basename "$source")" \
      | shell_of "$(quoted tar -x --no-same-owner -P --transform "s,.*,${target//,/\\,}," --show-transformed-names)"
  fi
}

down() {
  need_root
  trap - EXIT
  [ ! -d "$state" ] || hang_up
  clear_namespace "$namespace"
  rm -rf "$state"
}

usage() { sed -n '4,10p' "$0" | cut -c3- >&2; exit 2; }

command=${1:-}
[ "$command" = prepare ] || [ -n "$name" ] || usage
case $command in
  prepare) need_root; saved_host "$("$lab_home/xen-disk.sh")" ;;
  up) up "${3:-}" "${4:-}" ;;
  exec) shift 2; shell_of "$(quoted "$@")" ;;
  copy) copy "${3:?xen-node.sh copy NAME SRC DST}" "${4:?xen-node.sh copy NAME SRC DST}" ;;
  crash) crash ;;
  boot) boot ;;
  down) down ;;
  *) usage ;;
esac
