#!/usr/bin/env bash
# A small real site: the namespaces of site.sh and node.sh, with the four programs in them.
#
#   cluster.sh up [NODES [MORE]]     raise it (2 nodes); needs the archive to be built; wipes earlier state
#   cluster.sh join NODE             raise one of the MORE nodes, which the site knows and does not have yet
#   cluster.sh leave NODE            end a Xen host for good, with all that it knew
#   cluster.sh down                  end it; papers, image and logs stay
#   cluster.sh start|stop|kill PROGRAM      image-repo, workspace-service, or node1, node2, ...: stop asks, kill is -9
#   cluster.sh wait PROGRAM [SECONDS]       until it answers
#   cluster.sh at PROGRAM CMD...     run in that program's namespace, or dom0
#
# Everything lies under HOSPES_CLUSTER: etc/ (configuration), grid/ (papers), state/, log/, run/, lab/.
# HOSPES_HYPERVISOR: qemu (emulation), kvm, or xen: without Xen on this machine the nodes are Xen hosts in
# emulation then, with the agents in their dom0; the agents' logs come to log/ when they are stopped or awaited.
# As root, or as a user with sudo: namespaces and node agents need root, service and repository do not get it.
set -euo pipefail
lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${HOSPES_CLUSTER:?where the cluster lives}"
export HOSPES_CLUSTER
export HOSPES_LAB_DIR=$HOSPES_CLUSTER/lab HOSPES_SITE=${HOSPES_SITE:-hq} HOSPES_BLOCK=${HOSPES_BLOCK:-0}
# shellcheck source=lib.sh
. "$lab/lib.sh"
# shellcheck source=packages.sh
. "$lab/packages.sh"
# shellcheck source=build.sh
. "$lab/build.sh"
# shellcheck source=cluster-config.sh
. "$lab/cluster-config.sh"
# shellcheck source=cluster-xen.sh
. "$lab/cluster-xen.sh"

# lab_as_root SCRIPT ARGS...: sudo drops the environment, so what steers the lab is handed over by name. Whoever
# sources this may hold a lock as descriptor 9 (./quickstart does); daemons must not keep it.
lab_as_root() {
  (
    exec 9>&-
    script=$1; shift
    as_root env HOSPES_SITE="$HOSPES_SITE" HOSPES_BLOCK="$HOSPES_BLOCK" HOSPES_LAB_DIR="$HOSPES_LAB_DIR" \
      HOSPES_CACHE="$HOSPES_CACHE" HOSPES_ARCHIVE="${HOSPES_ARCHIVE:-}" HOSPES_CONTROL_GROUPS="${HOSPES_CONTROL_GROUPS:-}" "$lab/$script" "$@"
  )
}

at() {
  local program=$1; shift
  case $program in
    image-repo | workspace-service) lab_as_root site.sh exec "$@" ;;
    node*) if in_dom0 "$program"; then lab_as_root xen-node.sh exec "$program" "$@"
           else lab_as_root node.sh exec "$program" "$@"; fi ;;
    *) die "no program '$program': image-repo, workspace-service, node1, node2, ..." ;;
  esac
}

pid_file() { echo "$HOSPES_CLUSTER/run/$1.pid"; }
log_file() { echo "$HOSPES_CLUSTER/log/$1.log"; }

start() {
  local program=$1 launcher=$1 configuration archive become=()
  if in_dom0 "$program"; then start_in_dom0 "$program"; return; fi
  archive=$(archive_directory) || die "no archive in packaging/target; build first"
  configuration=$HOSPES_CLUSTER/etc/$program/$program.yaml
  if [[ $program == node* ]]; then
    launcher="node-agent"; configuration=$HOSPES_CLUSTER/etc/$program/node-agent.yaml
  elif [ "$(id -u)" != 0 ]; then
    # Who raised the site by sudo owns its files; service and repository need no more than that.
    become=(setpriv --reuid "$(id -u)" --regid "$(id -g)" --init-groups)
  fi
  if running "$program"; then die "$program runs already"; fi
  # The inner shell writes its pid and becomes the program, so that the pid is right from the first moment.
  # shellcheck disable=SC2016 # expanded inside
  (exec 9>&-; at "$program" setsid "${become[@]}" env "HOSPES_JAVA_OPTS=${HOSPES_JAVA_OPTS:-}" bash -c \
    'umask 022; echo $$ > "$1"; shift; log=$1; shift; exec "$@" </dev/null >>"$log" 2>&1' start \
    "$(pid_file "$program")" "$(log_file "$program")" "$archive/bin/$launcher" --config "$configuration") &
  wait_until 10 test -s "$(pid_file "$program")" || die "$program could not be started"
}

running() {
  local pid
  if in_dom0 "$1"; then runs_in_dom0 "$1"; return; fi
  pid=$(cat "$(pid_file "$1")" 2>/dev/null) || return 1
  # A pid alone may have become a stranger's by now.
  { tr '\0' ' ' < "/proc/$pid/cmdline"; } 2>/dev/null | grep -q "$HOSPES_CLUSTER/"
}

finish() {
  local program=$1 signal=$2 pid
  if in_dom0 "$program"; then finish_in_dom0 "$program" "$signal"; return; fi
  if ! running "$program"; then rm -f "$(pid_file "$program")"; return 0; fi
  pid=$(cat "$(pid_file "$program")")
  as_root kill "-$signal" "$pid"
  wait_until 30 test ! -e "/proc/$pid" || die "$program (pid $pid) does not end"
  rm -f "$(pid_file "$program")"
}

ops_port() {
  case $1 in image-repo) echo 9454 ;; workspace-service) echo 9453 ;; *) echo 9455 ;; esac
}

# An answer is enough: an agent that has not yet found the service says so in its health, and is up all the same.
answers() {
  if in_dom0 "$1"; then answers_in_dom0 "$1"; return; fi
  at "$1" curl -s -m 2 -o /dev/null "http://127.0.0.1:$(ops_port "$1")/health"
}

await() {
  local program=$1 patience=60 pause=0.3 glance=0 deadline look
  # Whether it has ended is asked seldom there: each command in dom0 takes from the start that is waited for.
  if in_dom0 "$program"; then patience=480 pause=1 glance=20; fi
  deadline=$((SECONDS + ${2:-$patience})) look=$((SECONDS + glance))
  until answers "$program" 2>/dev/null; do
    if [ "$SECONDS" -ge "$look" ]; then
      running "$program" || { despair "$program" "ended by itself"; return 1; }
      look=$((SECONDS + glance))
    fi
    [ "$SECONDS" -lt "$deadline" ] || { despair "$program" "does not answer"; return 1; }
    sleep "$pause"
  done
  if in_dom0 "$program"; then fetch_log "$program"; fi
}

despair() {
  if in_dom0 "$1"; then fetch_log "$1"; fi
  say "$1 $2:"
  tail -20 "$(log_file "$1")" >&2
}

raise_node() {
  if xen_hosts; then
    lab_as_root xen-node.sh up "node$1" "$1" "$xen_programs"
    furnish_dom0 "node$1"
  else
    lab_as_root node.sh up "node$1" "$1"
  fi
}

up() {
  local nodes=${1:-2} known index jobs=()
  known=$((nodes + ${2:-0}))
  mkdir -p "$HOSPES_CLUSTER"/{etc,log,run,state,image}
  as_root rm -rf "$HOSPES_CLUSTER/state" "$HOSPES_CLUSTER/run"
  mkdir -p "$HOSPES_CLUSTER"/{run,state/repo,state/service}
  rm -f "$HOSPES_CLUSTER"/log/{image-repo,workspace-service,node*}.log
  make_papers "$known"
  write_configuration "$known"
  lab_as_root site.sh up
  # Service and repository start while the nodes' libvirts do.
  start image-repo
  start workspace-service
  if xen_hosts; then xen_programs=$(lab_as_root xen-programs.sh); fi
  for index in $(seq "$nodes"); do
    raise_node "$index" >"$HOSPES_CLUSTER/log/lab-node$index.log" 2>&1 &
    jobs+=($!)
  done
  for index in $(seq "$nodes"); do
    wait "${jobs[$((index - 1))]}" || { cat "$HOSPES_CLUSTER/log/lab-node$index.log" >&2; die "node$index could not be raised"; }
  done
  for index in $(seq "$nodes"); do start "node$index"; done
  await image-repo
  await workspace-service
  for index in $(seq "$nodes"); do await "node$index"; done
}

join() {
  local node=$1
  if xen_hosts; then xen_programs=$(lab_as_root xen-programs.sh); fi
  raise_node "${node#node}" >"$HOSPES_CLUSTER/log/lab-$node.log" 2>&1 \
    || { cat "$HOSPES_CLUSTER/log/lab-$node.log" >&2; die "$node could not be raised"; }
  start "$node"
  await "$node"
}

leave() {
  in_dom0 "$1" || die "$1 is no Xen host"
  fetch_log "$1"
  lab_as_root xen-node.sh down "$1"
}

down() {
  local program
  # In good order first, so that logs end properly; namespaces then end whatever is left.
  for program in "$HOSPES_CLUSTER"/run/*.pid; do
    [ -e "$program" ] || continue
    program=$(basename "$program" .pid)
    if running "$program"; then as_root kill "$(cat "$(pid_file "$program")")" || true; fi
  done
  fetch_logs
  lab_as_root site.sh down
  as_root rm -rf "$HOSPES_CLUSTER/state" "$HOSPES_CLUSTER/run"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  command=${1:-}; shift || true
  case $command in
    up) up "$@" ;;
    join) join "${1:?NODE}" ;;
    leave) leave "${1:?NODE}" ;;
    down) down ;;
    start) start "${1:?PROGRAM}" ;;
    stop) finish "${1:?PROGRAM}" TERM ;;
    kill) finish "${1:?PROGRAM}" KILL ;;
    wait) await "$@" ;;
    at) at "$@" ;;
    *) sed -n '2,13p' "$0" | cut -c3- >&2; exit 2 ;;
  esac
fi
