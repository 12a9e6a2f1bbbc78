# shellcheck shell=bash
# What the lab's scripts share: where state lies, how to fail, and how to raise and clear a namespace.
# Sourced, never run.
# shellcheck disable=SC2034 # what is set here is used by the scripts that source it
#
# A lab is one *site*: network namespaces named SITE-*, and state under HOSPES_LAB_DIR. Several labs can be up
# at once when each has its own HOSPES_SITE, HOSPES_LAB_DIR and HOSPES_BLOCK.

lab_home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository_root=$(cd "$lab_home/../.." && pwd)

: "${HOSPES_SITE:=hlab}"                                  # prefix of every namespace and interface
: "${HOSPES_LAB_DIR:=$repository_root/var/lab}"           # state of this site
: "${HOSPES_BLOCK:=1}"                                    # which quarter (0-3) of the documentation range
: "${HOSPES_CACHE:=$repository_root/var/cache}"           # parts that are slow to make, kept between runs

# 198.51.100.0/24 is reserved for documentation (RFC 5737), so it cannot be a network that the machine really
# uses. A quarter of it per site lets a test site stand beside somebody's quickstart.
site_network="198.51.100.$((HOSPES_BLOCK * 64))/26"
site_address() { echo "198.51.100.$((HOSPES_BLOCK * 64 + $1))"; }
site_head=$(site_address 1)          # service and repository; router of the nodes
site_machine=$(site_address 2)       # the machine's own foot in the site network
site_neighbour=$(site_address 3)     # the "site host": a server of the site that no guest may reach
node_address() { site_address $((10 + $1)); }
outside_host=203.0.113.1             # RFC 5737 again: "the internet", reachable through NAT
outside_router=203.0.113.254

say()  { printf '%s\n' "$*" >&2; }
die()  { say "error: $*"; exit 1; }

need_root() { [ "$(id -u)" = 0 ] || die "$(basename "$0") makes network namespaces: run it as root (sudo $0 ...)"; }

# The nodes' state is bound to /var/lib/hospes, a mount point on the machine itself. It goes when the last site
# goes, if the lab made it: the kernel lets a directory be removed although it is a mount point in another
# namespace, and the mount there silently goes with it.
claims=/run/hospes-lab
with_claims() { mkdir -p "$claims"; flock "$claims/lock" -c "$1"; }
claim_mount_point() {
  with_claims "touch $claims/site-$HOSPES_SITE
    [ -d /var/lib/hospes ] || { mkdir -m 0755 /var/lib/hospes && touch $claims/made; }"
}
release_mount_point() {
  with_claims "rm -f $claims/site-$HOSPES_SITE
    ls $claims | grep -q ^site- || [ ! -e $claims/made ] || { rmdir /var/lib/hospes 2>/dev/null; rm -f $claims/made; }
    true"
}

namespace_exists() { [ -e "/run/netns/$1" ]; }

# Interface names have 15 characters at most.
check_site_name() {
  [[ $HOSPES_SITE =~ ^[a-z][a-z0-9]{0,7}$ ]] || die "HOSPES_SITE='$HOSPES_SITE': 1 to 8 of a-z and 0-9, a letter first"
  [[ $HOSPES_BLOCK =~ ^[0-3]$ ]] || die "HOSPES_BLOCK='$HOSPES_BLOCK': 0, 1, 2 or 3"
}

# wait_until SECONDS COMMAND...: true as soon as the command is.
wait_until() {
  local deadline=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

namespace_is_empty() { [ -z "$(ip netns pids "$1" 2>/dev/null)" ]; }

# control_group NAMESPACE: the directory of its own control group, whether or not it is there; nothing where this
# machine has no processor controller of version 1.
control_group() {
  awk -v name="$1" '$3 == "cgroup" && $4 ~ /(^|,)cpu(,|$)/ {print $2 "/" name; exit}' /proc/mounts
}

# Ends every process of a namespace, politely first, and removes it, with its control group if it has one. Processes are found by the namespace they
# live in: a pid file may be stale and name a stranger's process. May be called when nothing is there.
clear_namespace() {
  local namespace=$1 pids group
  namespace_exists "$namespace" || return 0
  pids=$(ip netns pids "$namespace")
  # shellcheck disable=SC2086 # a list of pids
  [ -z "$pids" ] || kill $pids 2>/dev/null || true
  if ! wait_until 8 namespace_is_empty "$namespace"; then
    pids=$(ip netns pids "$namespace")
    # shellcheck disable=SC2086
    [ -z "$pids" ] || kill -9 $pids 2>/dev/null || true
    wait_until 5 namespace_is_empty "$namespace" || die "processes of namespace $namespace do not end: $(ip netns pids "$namespace" | xargs)"
  fi
  ip netns del "$namespace"
  group=$(control_group "$namespace")
  if [ -n "$group" ] && [ -d "$group" ]; then find "$group" -depth -type d -exec rmdir {} +; fi
}

# start_keeper NAMESPACE DIR SETUP: a process that does nothing but hold a mount namespace beside the network
# namespace, so that both outlive any daemon in them. SETUP (shell text) runs first, inside, with mounts private.
# GROUP, a directory of a control group, becomes the root of what is seen inside of such groups.
start_keeper() {
  local namespace=$1 directory=$2 setup=$3 group=${4:-}
  rm -f "$directory/keeper.pid"
  # Through `ip netns exec`, because it gives the inside a /sys that shows the namespace's own interfaces;
  # libvirt sets up bridges through it.
  (
    # First of all: where one is when a namespace of control groups is made, there its root is.
    if [ -n "$group" ]; then echo "$BASHPID" > "$group/cgroup.procs"; fi
    exec ip netns exec "$namespace" setsid unshare --mount ${group:+--cgroup} --propagation private bash -c "
    set -euo pipefail
    $setup
    echo \$\$ > '$directory/keeper.pid.new'; mv '$directory/keeper.pid.new' '$directory/keeper.pid'
    exec sleep infinity"
  ) </dev/null >"$directory/keeper.log" 2>&1 &
  wait_until 10 test -s "$directory/keeper.pid" || die "namespace $namespace could not be furnished: $(tail -3 "$directory/keeper.log")"
}

# keeper NAMESPACE DIR: prints the keeper's pid, after making sure that it is still the keeper of this namespace.
keeper() {
  local pid
  pid=$(cat "$2/keeper.pid" 2>/dev/null) || die "$1 is not up"
  [ "$(stat -Lc %i "/proc/$pid/ns/net" 2>/dev/null)" = "$(stat -Lc %i "/run/netns/$1" 2>/dev/null)" ] \
    || die "$1 is not up (its keeper, pid $pid, is gone)"
  echo "$pid"
}

# number_at FILE OFFSET BYTES: a little-endian number.
number_at() { od -An -v --endian=little -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '; }

# unpack_kernel BZIMAGE: prints the kernel itself. A bzImage is a loader with the kernel behind it, compressed; where,
# its header says (x86 boot protocol 2.08, payload_offset and payload_length). Debian's are xz, for clouds lz4.
unpack_kernel() {
  local file=$1 begin length unpack
  begin=$((($(number_at "$file" 0x1f1 1) + 1) * 512 + $(number_at "$file" 0x248 4)))
  # Its last four bytes are not of the stream; they say how large the kernel is.
  length=$(($(number_at "$file" 0x24c 4) - 4))
  case $(od -An -v -tx1 -j "$begin" -N 4 "$file" | tr -d ' ') in
    fd377a58) unpack=xz ;;
    02214c18) unpack=lz4 ;;
    *) die "$file: its kernel is neither xz nor lz4" ;;
  esac
  tail -c +$((begin + 1)) "$file" | { head -c "$length"; cat >/dev/null; } | $unpack -dc
}

# Names for the parts of the site, so that logs and certificates read well. Bound over /etc/hosts inside only.
write_hosts_file() {
  {
    # The machine's own name too: libvirt looks it up at each start of a guest, and would wait for a DNS server
    # that the namespace cannot reach.
    echo "127.0.0.1 localhost $(hostname)"
    echo "$site_head service.hospes.test repo.hospes.test"
    echo "$site_machine machine.hospes.test"
    local i; for i in 1 2 3 4 5 6 7 8; do echo "$(node_address $i) node$i.hospes.test"; done
  } > "$1"
}
