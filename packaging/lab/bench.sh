#!/usr/bin/env bash
# Benchmarks: each figure beside one that everybody knows, measured in the same run. Called by ./run-tests bench.
#
#   bench.sh [FIGURE...]     soap (soap.signed.rate), stage (stage.verified), receipts
#                            (receipts.verified.rate), handover (handover.zeros, handover.bytes), deploy
#                            (deploy.cached.over_libvirt, of 64 MiB and of 1 GiB; image.hash.1g), neighbour
#                            (neighbour.cpu, neighbour.disk); all of these by default; xen: deploy's of 64 MiB on a real Xen host in emulation, with
#                            fs-verity and without; neighbour-xen: neighbour's on such a host
#
# Appends one line of JSON for each figure to var/bench/results.jsonl; docs/benchmarks.md tells what they mean.
# All but soap, stage, receipts and handover raise sites of their own (HOSPES_BENCH_BLOCK=0..3: their addresses), which takes
# root; these need nothing but Java, curl and openssl.
# HOSPES_BENCH_BRIEF=1 takes fewer and shorter rounds: to see that it works, not to quote.
set -euo pipefail
lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib.sh
. "$lab/lib.sh"
cd "$repository_root"
out=$repository_root/var/bench
results=$out/results.jsonl

# The commit that is measured; a plus says that the tree differs from it.
commit() {
  local name
  name=$(git rev-parse --short=12 HEAD 2>/dev/null) || { echo unknown; return; }
  if [ -n "$(git status --porcelain --untracked-files=no 2>/dev/null)" ]; then name+=+; fi
  echo "$name"
}

# Compiles everything, tests included, and leaves the benchmarks' class path in $out/classpath.
build() {
  say "building (log: $out/build.log)"
  mvn -B -Dfast -DskipTests package dependency:build-classpath -Dmdep.outputFile=target/bench-classpath \
    >"$out/build.log" 2>&1 || { tail -20 "$out/build.log" >&2; die "the build failed"; }
  echo "$repository_root/workspace-client/target/test-classes:$repository_root/workspace-client/target/classes:$(cat workspace-client/target/bench-classpath)" \
    >"$out/classpath"
}

measure() {
  java -Xmx512m ${HOSPES_BENCH_BRIEF:+-Dbench.brief=true} -cp "$(cat "$out/classpath")" org.hospes.bench.Main \
    "$results" "$measured" "$scratch" "$@"
}

# The site of `deploy`, on a block of addresses of its own, so that a quickstart may stand beside it.
site() { HOSPES_CLUSTER=$out/site HOSPES_SITE=hb HOSPES_BLOCK=${HOSPES_BENCH_BLOCK:-2} "$lab/bench-site.sh" "$@"; }
measure_deploy() {
  need_root
  mkdir -p "$out/site"
  # Its daemons stay when it returns: they must not hold on to a pipe that we write to.
  site up </dev/null >"$out/site.log" 2>&1 || { tail -20 "$out/site.log" >&2; die "no site for deploy"; }
  site measure "$results" "$measured" "$(cat "$out/classpath")"
  site down
}

measure_xen() {
  need_root
  mkdir -p "$out/site"
  HOSPES_HYPERVISOR=xen site up </dev/null >"$out/site.log" 2>&1 || { tail -20 "$out/site.log" >&2; die "no site for xen"; }
  HOSPES_HYPERVISOR=xen site measure-xen "$results" "$measured" "$(cat "$out/classpath")"
  HOSPES_HYPERVISOR=xen site down
}

neighbour() { HOSPES_CLUSTER=$out/site HOSPES_SITE=hb HOSPES_BLOCK=${HOSPES_BENCH_BLOCK:-2} "$lab/bench-neighbour.sh" "$@"; }
measure_neighbour() {
  need_root
  export HOSPES_HYPERVISOR=$1
  if [ "$1" = qemu ] && ! grep -qE '^[^ ]+ [^ ]+ cgroup [^ ]*\<cpu\>' /proc/mounts; then
    say "SKIPPED: neighbour: this machine has no processor controller of version 1, which the node's guests need"; return
  fi
  mkdir -p "$out/site"
  neighbour up </dev/null >"$out/site.log" 2>&1 || { tail -20 "$out/site.log" >&2; die "no site for neighbour"; }
  neighbour measure "$results" "$measured" </dev/null
  neighbour down
}

describe_machine() {
  say "machine: $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(uname -r), $(java -version 2>&1 | head -1), $(openssl version), load $(cut -d' ' -f1-3 /proc/loadavg)"
}

[ $# -gt 0 ] || set -- soap stage receipts handover deploy neighbour
for figure in "$@"; do
  case $figure in
    soap | stage | receipts | handover | deploy | xen | neighbour | neighbour-xen) ;;
    *) sed -n '2,13p' "$0" | cut -c3- >&2; exit 2 ;;
  esac
done
mkdir -p "$out"
measured=$(commit)
# In memory, where there is room for some copies of an image: what is measured is not the disk.
scratch=$(mktemp -d -p "$([ "$(df --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 6000000 ] 2>/dev/null && echo /dev/shm || echo "$out")" hospes-bench.XXXXXX)
finish() {
  rm -rf "$scratch"
  if [ -n "${site_up:-}" ]; then site down; fi
}
trap finish EXIT
trap 'exit 130' INT; trap 'exit 143' TERM HUP

build
describe_machine
for figure in "$@"; do
  say "== $figure"
  case $figure in
    deploy | xen) site_up=1; "measure_$figure"; site_up='' ;;
    neighbour) site_up=1; measure_neighbour qemu; site_up='' ;;
    neighbour-xen) site_up=1; measure_neighbour xen; site_up='' ;;
    *) measure "$figure" ;;
  esac
done
say "figures are in $results"
