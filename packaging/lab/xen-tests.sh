#!/usr/bin/env bash
# Tests of the node agent that take a real Xen and Debian's kernel, run by the Java of the first domain of a Xen host
# of their own.
#
#   xen-tests.sh                     raises the host, runs all of them, ends it; exits as they do
#   xen-tests.sh up                  raises it                xen-tests.sh down        ends it
#   xen-tests.sh run [CLASS|CLASS#METHOD]...                  on one that is up, without package where it is below
#                                    org.hospes.node; all without any
#
# The host's network has no way to the machine's: it shares no address with any site, and is up beside one. Needs the
# archive, and the tests compiled: mvn -Dfast -pl node-agent -am test-compile dependency:build-classpath
# -Dmdep.outputFile=target/tests-classpath
set -euo pipefail
: "${HOSPES_TESTS:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/var/xen-tests}"   # where its state lies
# Named after the addresses of the site beside it, so that two runs on one machine do not take each other down.
export HOSPES_SITE=${HOSPES_SITE:-dom0${HOSPES_BLOCK:-2}} HOSPES_LAB_DIR=$HOSPES_TESTS/lab
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

all="libvirt.LibvirtXenContract libvirt.LiveSaveOnXen imagecache.KernelVerityLabTest sandbox.KilledOnXen
  disk.VolumesInDom0 sandbox.GuestsOnVolumes"
there=/var/lib/hospes/tests
node=node1

# lab SCRIPT ARGS...: where what belongs to the machine in a site belongs to nobody.
lab() { unshare --net "$lab_home/$1" "${@:2}"; }

up() {
  local programs
  programs=$("$lab_home/xen-programs.sh")
  lab site.sh up
  lab xen-node.sh up "$node" 1 "$programs" >&2
}

down() {
  trap - EXIT
  lab site.sh down
  rm -rf "$HOSPES_TESTS"
}

# gather DIR: the compiled tests, what runs them, and a guest's kernel.
gather() {
  local to=$1 module
  mkdir -p "$to/classes" "$to/lib"
  # Those of other modules lend people and images.
  for module in wsdl/trust wsdl/security image-repo/image node-agent; do
    cp -r "$repository_root/$module/target/test-classes/." "$to/classes"
  done
  tr : '\n' < "$repository_root/node-agent/target/tests-classpath" \
    | grep -E '/(junit-|opentest4j|apiguardian)[^/]*\.jar$' | xargs cp -t "$to/lib"
  "$lab_home/tiny-kernel.sh" "$to/kernel"
}

run() {
  local work status=0 each tests=()
  # shellcheck disable=SC2086 # a list of names
  [ $# != 0 ] || set -- $all
  for each in "$@"; do tests+=("org.hospes.node.${each#org.hospes.node.}"); done
  work=$HOSPES_TESTS/classes
  rm -rf "$work"
  gather "$work"
  lab xen-node.sh exec "$node" rm -rf "$there"
  lab xen-node.sh copy "$node" "$work" "$there"
  # The agent's own jar first: the archive of classes beside it is of that one. Java's settings are the agent's there.
  # A host that hangs must not hold up whoever waits for it.
  # shellcheck disable=SC2016 # expanded there
  timeout 60m unshare --net "$lab_home/xen-node.sh" exec "$node" sh -c 'there=$1; shift
    exec java -XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=20 -XX:+UseSerialGC \
      -XX:SharedArchiveFile=/opt/hospes/lib/node-agent.jsa -Xshare:auto \
      -cp "$(echo /opt/hospes/lib/hospes-node-agent-[0-9]*.jar):$there/classes:$there/lib/*" \
      -Djava.io.tmpdir=/var/lib/hospes -Dhospes.tests.kernel="$there/kernel" -Dhospes.tests.xen-kind='"${HOSPES_XEN_KIND:-pv}"' \
      org.hospes.node.libvirt.TestsByHand "$@" 2>&1' tests "$there" "${tests[@]}" </dev/null &
  # Waited for, so that a signal does not have to.
  wait $! || status=$?
  return "$status"
}

need_root
command=${1:-all}; shift || true
case $command in
  all) trap down EXIT; trap 'exit 130' INT; trap 'exit 143' TERM HUP
    # What an earlier one left that was killed.
    lab site.sh down
    up; run ;;
  up) up ;;
  run) run "$@" ;;
  down) down ;;
  *) sed -n '2,12p' "$0" | cut -c3- >&2; exit 2 ;;
esac
