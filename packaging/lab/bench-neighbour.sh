#!/usr/bin/env bash
# The benchmark `neighbour`: what a guest that burns processors and disk costs a job of the node's own users: of the
# host on QEMU, of dom0 on Xen. The job alone; beside the guest with no limits; beside the same guest, held to
# limits.guest-cpu-cap and limits.guest-disk-rate, which the running guest gets when the agent is started with them.
#
#   bench-neighbour.sh up                       raise a site of one node and publish the image
#   bench-neighbour.sh measure RESULTS COMMIT   appends four lines of JSON: neighbour.{cpu,disk}.{free,held}
#   bench-neighbour.sh down
#
# HOSPES_CLUSTER is where it lies; HOSPES_SITE and HOSPES_BLOCK say which. HOSPES_HYPERVISOR=xen: a Xen host in
# emulation, and figures called neighbour.xen.*; otherwise QEMU's emulation, which needs the processor controller of
# the control groups (see node.sh). In every round the guest stands still (`workspace pause`) while the job is alone,
# and goes on for the other half. HOSPES_BENCH_CAP and HOSPES_BENCH_RATE: the limits. HOSPES_BENCH_ROUNDS: how many
# rounds of each kind, 5 unless said, 2 with HOSPES_BENCH_BRIEF=1.
set -euo pipefail
: "${HOSPES_HYPERVISOR:=qemu}"; export HOSPES_HYPERVISOR HOSPES_CONTROL_GROUPS=yes
lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=cluster.sh
. "$lab/cluster.sh"
image=$HOSPES_CLUSTER/image/tiny.img
node=node1
rounds=${HOSPES_BENCH_ROUNDS:-$([ -n "${HOSPES_BENCH_BRIEF:-}" ] && echo 2 || echo 5)}
cap=${HOSPES_BENCH_CAP:-20}
rate=${HOSPES_BENCH_RATE:-1M}
kind=neighbour; if [ "$HOSPES_HYPERVISOR" = xen ]; then kind=neighbour.xen; fi

# as PERSON COMMAND...: with that person's papers.
as() {
  # shellcheck disable=SC1090
  (. "$HOSPES_CLUSTER/env.$1"; shift; "$@")
}

node_is_alive() { as ada workspace node list -o json | jq -e '[(.nodes? // .)[] | select(.alive)] | length > 0'; }

raise() {
  local bob=$HOSPES_CLUSTER/grid/people/bob
  mkdir -p "$HOSPES_CLUSTER/image"
  "$lab/tiny-image.sh" "$image"
  up 1
  write_environment "$HOSPES_CLUSTER/env.ada" ada
  write_environment "$HOSPES_CLUSTER/env.bob" bob
  openssl dgst -sha1 -sign "$bob/userkey.pem" -out "$image.sha1" "$image"
  as bob workspace image publish "$image" --name bench:1 --signature "$image.sha1" --certificate "$bob/usercert.pem" >&2
  wait_until 480 node_is_alive || die "the node did not register within 480 s"
}

# What the guest does: keeps every processor busy, and beside that writes to its scratch disk and reads it back.
write_burner() {
  cat > "$1" <<'EOF'
#!/bin/sh
disk=$(ls -d /dev/vdc /dev/xvdc 2>/dev/null)
for each in $(grep '^processor' /proc/cpuinfo | cut -d: -f2); do
  while :; do :; done &
done
while :; do
  dd if=/dev/zero of="$disk" bs=64k count=512 conv=fsync 2>/dev/null
  dd if="$disk" of=/dev/null bs=64k count=512 2>/dev/null
done
EOF
}

# The job, on the node: prints how many milliseconds its two halves took. On every processor a digest of so many MiB;
# then so many MiB written and brought to the disk.
job() {
  # shellcheck disable=SC2016 # expanded there
  at "$node" sh -ec '
    now() { echo $(($(date +%s%N) / 1000000)); }
    begun=$(now)
    for each in $(seq "$1"); do (head -c "${2}M" /dev/zero | sha256sum >/dev/null) & done
    wait
    middle=$(now)
    dd if=/dev/zero of=/var/lib/hospes/job bs=64k count=$(($3 * 16)) conv=fsync 2>/dev/null
    end=$(now)
    rm -f /var/lib/hospes/job
    echo $((middle - begun)) $((end - middle))' job "$processors" "$1" "$2" </dev/null
}

# calibrate MILLIS: so much of each that it takes some seconds on this machine, long enough to share processors in; but
# never more than a GiB written.
calibrate() {
  local took part=(0 8 8) each
  for each in 1 2; do
    while :; do
      took=$(job "${part[1]}" "${part[2]}" | cut -d' ' -f"$each")
      [ "$took" -lt "$1" ] || break
      [ "${part[each]}" -lt $((each == 1 ? 16384 : 1024)) ] || break
      part[each]=$((part[each] * 2))
    done
  done
  echo "${part[1]} ${part[2]}"
}

# limits on|off: in the node's configuration, and then the agent anew.
limits() {
  local file=$HOSPES_CLUSTER/etc/$node/node-agent.yaml
  sed -i '/^limits:/d' "$file"
  if [ "$1" = on ]; then echo "limits: {guest-cpu-cap: $cap, guest-disk-rate: $rate}" >> "$file"; fi
  finish "$node" TERM
  if in_dom0 "$node"; then lab_as_root xen-node.sh copy "$node" "$file" /etc/hospes/node-agent.yaml; fi
  start "$node"
  await "$node"
  wait_until 480 node_is_alive || die "the node did not come back"
}

# measure_rounds free|held ID: lines of `cpu alone beside` and `disk alone beside`.
measure_rounds() {
  local id=$2 round alone beside
  for round in $(seq "$rounds"); do
    as ada workspace pause "$id" --wait >/dev/null
    alone=$(job "$digest" "$write")
    as ada workspace resume "$id" --wait >/dev/null
    beside=$(job "$digest" "$write")
    say "$1, round $round: the job alone $alone ms, beside the guest $beside ms (digests, writing)"
    echo "cpu ${alone% *} ${beside% *}"
    echo "disk ${alone#* } ${beside#* }"
  done
}

# figure WHAT free|held FILE RESULTS COMMIT
figure() {
  awk -v what="$1" '$1 == what {print $2, $3}' "$3" | jq -Rnc --arg name "$kind.$1.$2" --arg commit "$5" '
    def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
    def rounded: . * 1000 | round / 1000;
    [inputs | split(" ") | map(tonumber / 1000)] as $rounds
    | {name: $name, value: ($rounds | map(.[1]) | median | rounded), unit: "s",
       beside: {name: "the same job, the guest standing still", value: ($rounds | map(.[0]) | median | rounded)},
       ratio: ($rounds | map(.[1] / .[0]) | median | rounded), commit: $commit, at: (now | todate)}' | tee -a "$4"
}

measure() {
  local results=$1 commit=$2 work=$HOSPES_CLUSTER/run/neighbour id each
  mkdir -p "$work"
  processors=$(at "$node" nproc </dev/null)
  limits off
  write_burner "$work/burner"
  id=$(as ada workspace deploy bench:1 --name neighbour --cpus "$processors" --memory 160M --scratch 64M --lease 4h \
    --user-data "$work/burner" --wait --timeout 20m -o json | jq -r '.id')
  [ -n "$id" ] || die "the guest was not deployed"
  as ada workspace pause "$id" --wait >/dev/null
  read -r digest write < <(calibrate "$([ -n "${HOSPES_BENCH_BRIEF:-}" ] && echo 1000 || echo 2500)")
  say "$processors processors; the job: a digest of $digest MiB on each, and $write MiB written; load $(cut -d' ' -f1-3 /proc/loadavg)"
  as ada workspace resume "$id" --wait >/dev/null
  measure_rounds free "$id" > "$work/free"
  # An agent that starts beside it would take long on an emulated processor.
  as ada workspace pause "$id" --wait >/dev/null
  limits on
  as ada workspace resume "$id" --wait >/dev/null
  measure_rounds held "$id" > "$work/held"
  as ada workspace destroy "$id" >/dev/null
  for each in cpu disk; do
    figure "$each" free "$work/free" "$results" "$commit"
    figure "$each" held "$work/held" "$results" "$commit"
  done
}

command=${1:-}; shift || true
case $command in
  up) raise ;;
  measure) measure "$@" ;;
  down) down ;;
  *) sed -n '2,14p' "$0" | cut -c3- >&2; exit 2 ;;
esac
