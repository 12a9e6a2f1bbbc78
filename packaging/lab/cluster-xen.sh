# shellcheck shell=bash
# shellcheck disable=SC2154 # set by lib.sh
# Node agents in dom0 of the lab's Xen hosts, under systemd as on a real node. Sourced by cluster.sh.

unit=hospes-node-agent
xen_kernels=/var/lib/hospes/kernels      # of the site: what images may ask for by name

in_dom0() { [[ $1 == node* ]] && [ -e "$HOSPES_LAB_DIR/$HOSPES_SITE-$1/files" ]; }

# furnish_dom0 NODE: what an administrator would install there beside /opt/hospes, in one copy.
furnish_dom0() {
  local node=$1 archive tree=$HOSPES_CLUSTER/state/$1
  archive=$(archive_directory) || die "no archive in packaging/target; build first"
  mkdir -p "$tree"/etc/{default,hospes,grid-security,"systemd/system/$unit.service.d"} \
    "$tree"/var/{log/hospes,lib/hospes/{node,cache}}
  chmod 0711 "$tree/var/lib/hospes"
  cp "$HOSPES_CLUSTER/etc/$node"/*.yaml "$tree/etc/hospes"
  cp "$HOSPES_CLUSTER/grid/hosts/$node.hospes.test"/host{cert,key}.pem "$tree/etc/grid-security"
  cp -r "$HOSPES_CLUSTER/grid/certificates" "$tree/etc/grid-security"
  # The timer of the consoles is not started: a test says when.
  cp "$archive/systemd/$unit.service" "$archive"/systemd/hospes-consoles.{service,timer} "$tree/etc/systemd/system"
  cp "$archive/systemd/hospes-consoles.logrotate" "$tree/etc/hospes/consoles.logrotate"
  mkdir "$tree/etc/tmpfiles.d"
  cp "$archive/systemd/hospes-consoles.tmpfiles.conf" "$tree/etc/tmpfiles.d/hospes-consoles.conf"
  "$lab_home/tiny-kernel.sh" "$tree$xen_kernels"
  rm "$tree$xen_kernels"/{vmlinux.lzo,inputs}
  # A killed agent stays down until it is started, as on the other nodes; and its log is one file.
  cat > "$tree/etc/systemd/system/$unit.service.d/lab.conf" <<EOF
[Service]
Restart=no
StandardOutput=append:/var/log/hospes/node-agent.log
StandardError=inherit
ReadWritePaths=/var/lib/hospes/cache
EOF
  # For an emulated processor, which translates what Java compiles: the fewer methods it compiles, the sooner the
  # agent is there. And the archive of classes, which a Java that it does not fit leaves alone.
  cat > "$tree/etc/default/hospes" <<EOF
HOSPES_JAVA_OPTS="-XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=20 -XX:+UseSerialGC -XX:SharedArchiveFile=/opt/hospes/lib/node-agent.jsa -Xshare:auto ${HOSPES_JAVA_OPTS:-}"
EOF
  lab_as_root xen-node.sh copy "$node" "$tree" /
  rm -rf "$tree"
  at "$node" systemctl daemon-reload
}

start_in_dom0() { at "$1" systemctl start "$unit" </dev/null || die "$1 could not be started"; }
runs_in_dom0() { at "$1" systemctl is-active -q "$unit" </dev/null; }

# finish_in_dom0 NODE SIGNAL
finish_in_dom0() {
  if [ "$2" = KILL ]; then
    at "$1" sh -c "systemctl kill -s KILL $unit; until ! systemctl -q is-active $unit; do sleep 0.2; done" </dev/null
  else
    at "$1" systemctl stop "$unit" </dev/null
  fi
  fetch_log "$1"
}

# fetch_log NODE: the agent's log, to where the other programs' are.
fetch_log() {
  local part
  for part in node-agent.log:.log node-agent-audit.jsonl:-audit.jsonl; do
    at "$1" cat "/var/log/hospes/${part%:*}" </dev/null >"$HOSPES_CLUSTER/log/$1${part#*:}" 2>/dev/null || true
  done
}

fetch_logs() {
  local node
  for node in node{1..8}; do
    if in_dom0 "$node"; then fetch_log "$node"; fi
  done
}

# answers_in_dom0 NODE: the agent listens only when all of it has started. Asked from here, since each command in
# dom0 costs its one emulated CPU as much as the agent's start.
answers_in_dom0() { (exec 3<>"/dev/tcp/$(node_address "${1#node}")/9445") 2>/dev/null; }
