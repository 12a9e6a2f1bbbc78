#!/usr/bin/env bash
# The site of the benchmark deploy.cached.over_libvirt: one node, and two images that bench.sh's guests boot: the
# tiny disk, and the same disk grown to 1 GiB, every byte of which the node has to hash.
#
#   bench-site.sh up                             raise it and publish the images
#   bench-site.sh measure|measure-xen RESULTS COMMIT CLASSPATH
#   bench-site.sh down
#
# HOSPES_CLUSTER is where it lies; HOSPES_SITE and HOSPES_BLOCK say which. `measure` works as well on a site that
# ./quickstart raised: HOSPES_CLUSTER=var/quickstart HOSPES_SITE=hq HOSPES_BLOCK=0 HOSPES_BENCH_IMAGE=tiny:1
# HOSPES_BENCH_IMAGE_1G= (no large image).
set -euo pipefail
lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=cluster.sh
. "$lab/cluster.sh"
image=$HOSPES_CLUSTER/image/tiny.img
large=$HOSPES_CLUSTER/image/tiny-1g.img

# publish FILE NAME
publish() {
  local bob=$HOSPES_CLUSTER/grid/people/bob begun=$EPOCHREALTIME
  openssl dgst -sha1 -sign "$bob/userkey.pem" -out "$1.sha1" "$1"
  # shellcheck disable=SC1091 # written a few lines below
  (. "$HOSPES_CLUSTER/env.builder"
    workspace image publish "$1" --name "$2" --signature "$1.sha1" --certificate "$bob/usercert.pem")
  say "signed and published $2 in $(echo "$EPOCHREALTIME $begun" | awk '{printf "%.1f", $1 - $2}') s"
}

node_is_alive() {
  # shellcheck disable=SC1091
  (. "$HOSPES_CLUSTER/env"; workspace node list -o json | jq -e '[(.nodes? // .)[] | select(.alive)] | length > 0')
}

raise() {
  mkdir -p "$HOSPES_CLUSTER/image"
  "$lab/tiny-image.sh" "$image"
  # Without data behind the tiny image's own: what is measured reads it whole all the same.
  truncate -s 64M "$image"
  cp --sparse=always "$image" "$large"
  truncate -s 1G "$large"
  if [ "${HOSPES_HYPERVISOR:-}" != xen ]; then
    HOSPES_HYPERVISOR=$(as_root env HOSPES_CACHE="$HOSPES_CACHE" "$lab/probe-hypervisor.sh" | tail -1)
  fi
  export HOSPES_HYPERVISOR
  say "hypervisor: $HOSPES_HYPERVISOR"
  up 1
  "$lab/demo-ca.sh" "$HOSPES_CLUSTER/grid" proxy ada "$HOSPES_CLUSTER/run/ada.proxy"
  write_environment "$HOSPES_CLUSTER/env" ada "$HOSPES_CLUSTER/run/ada.proxy"
  write_environment "$HOSPES_CLUSTER/env.builder" bob
  publish "$image" bench:1 >&2
  if [ "$HOSPES_HYPERVISOR" != xen ]; then publish "$large" bench-1g:1 >&2; fi
  wait_until 480 node_is_alive || die "the node did not register within 480 s"
}

measure() {
  # shellcheck disable=SC1091
  . "$HOSPES_CLUSTER/env"
  java -Xmx512m ${HOSPES_BENCH_BRIEF:+-Dbench.brief=true} \
    -Dbench.image="${HOSPES_BENCH_IMAGE:-bench:1}" -Dbench.image.1g="${HOSPES_BENCH_IMAGE_1G-bench-1g:1}" \
    -Dbench.cache="$HOSPES_LAB_DIR/$HOSPES_SITE-node1/var/lib/hospes/cache/sha256" -Dbench.cluster="$lab/cluster.sh" \
    -cp "$3" org.hospes.bench.Main "$1" "$2" "$HOSPES_CLUSTER/run/bench" deploy
}

# on_xen CLASSPATH RESULTS COMMIT [SUFFIX]
on_xen() {
  java -Xmx512m ${HOSPES_BENCH_BRIEF:+-Dbench.brief=true} -Dbench.image=bench:1 -Dbench.suffix="${4:-}" \
    -Dbench.cluster="$lab/cluster.sh" -Dbench.uri=xen:///system \
    -cp "$1" org.hospes.bench.Main "$2" "$3" "$HOSPES_CLUSTER/run/bench" xen
}

# First as it is, with images sealed by fs-verity; then hashed before every boot.
measure_on_xen() {
  # shellcheck disable=SC1091
  . "$HOSPES_CLUSTER/env"
  export HOSPES_HYPERVISOR=xen
  on_xen "$3" "$1" "$2"
  finish node1 TERM
  at node1 sed -i 's/^cache:$/&\n  fs-verity: off/' /etc/hospes/node-agent.yaml
  start node1
  await node1
  wait_until 480 node_is_alive >/dev/null || die "the node did not come back within 480 s"
  on_xen "$3" "$1" "$2" .hashed
}

command=${1:-}; shift || true
case $command in
  up) raise ;;
  measure) measure "$@" ;;
  measure-xen) measure_on_xen "$@" ;;
  down) down ;;
  *) sed -n '2,11p' "$0" | cut -c3- >&2; exit 2 ;;
esac
