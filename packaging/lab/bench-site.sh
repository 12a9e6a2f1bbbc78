#!/usr/bin/env bash
# The site of the benchmark deploy.cached.over_libvirt: one node, and one image that bench.sh's guests boot.
#
#   bench-site.sh up                             raise it and publish the image
#   bench-site.sh measure RESULTS COMMIT CLASSPATH
#   bench-site.sh down
#
# HOSPES_CLUSTER is where it lies; HOSPES_SITE and HOSPES_BLOCK say which. `measure` works as well on a site that
# ./quickstart raised: HOSPES_CLUSTER=var/quickstart HOSPES_SITE=hq HOSPES_BLOCK=0 HOSPES_BENCH_IMAGE=tiny:1.
set -euo pipefail
lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=cluster.sh
. "$lab/cluster.sh"
image=$HOSPES_CLUSTER/image/tiny.img

publish() {
  local bob=$HOSPES_CLUSTER/grid/people/bob
  openssl dgst -sha1 -sign "$bob/userkey.pem" -out "$image.sha1" "$image"
  # shellcheck disable=SC1091 # written a few lines below
  (. "$HOSPES_CLUSTER/env.builder"
    workspace image publish "$image" --name bench:1 --signature "$image.sha1" --certificate "$bob/usercert.pem")
}

node_is_alive() {
  # shellcheck disable=SC1091
  (. "$HOSPES_CLUSTER/env"; workspace node list -o json | jq -e '[(.nodes? // .)[] | select(.alive)] | length > 0')
}

raise() {
  mkdir -p "$HOSPES_CLUSTER/image"
  "$lab/tiny-image.sh" "$image"
  HOSPES_HYPERVISOR=$(as_root env HOSPES_CACHE="$HOSPES_CACHE" "$lab/probe-hypervisor.sh" | tail -1); export HOSPES_HYPERVISOR
  say "hypervisor: $HOSPES_HYPERVISOR"
  up 1
  "$lab/demo-ca.sh" "$HOSPES_CLUSTER/grid" proxy ada "$HOSPES_CLUSTER/run/ada.proxy"
  write_environment "$HOSPES_CLUSTER/env" ada "$HOSPES_CLUSTER/run/ada.proxy"
  write_environment "$HOSPES_CLUSTER/env.builder" bob
  publish >&2
  wait_until 60 node_is_alive || die "the node did not register within 60 s"
}

measure() {
  # shellcheck disable=SC1091
  . "$HOSPES_CLUSTER/env"
  java -Xmx512m ${HOSPES_BENCH_BRIEF:+-Dbench.brief=true} \
    -Dbench.image="${HOSPES_BENCH_IMAGE:-bench:1}" -Dbench.cluster="$lab/cluster.sh" \
    -cp "$3" org.hospes.bench.Main "$1" "$2" "$HOSPES_CLUSTER/run/bench" deploy
}

command=${1:-}; shift || true
case $command in
  up) raise ;;
  measure) measure "$@" ;;
  down) down ;;
  *) sed -n '2,9p' "$0" | cut -c3- >&2; exit 2 ;;
esac
