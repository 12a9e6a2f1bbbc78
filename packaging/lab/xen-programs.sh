#!/usr/bin/env bash
# xen-programs.sh: prints a disk that holds the agent for the lab's Xen hosts: /opt/hospes, as the archive has it,
# and beside it node-agent.jsa, an archive of its classes.
#
# The agent's start is mostly loading classes and compiling them, which an emulated processor does slowly. This
# machine's own processor does the first part beforehand: it starts the agent once inside the host's root, which has
# the very Java that will run it, notes which classes that takes, and has Java write them down. It is the lab's alone:
# on a real processor it saves a second of three, and the Java of Debian 12 crashes on the way to it unless one knows
# which classes to leave out.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=build.sh
. "$lab_home/build.sh"
# shellcheck source=xen-machine.sh
. "$lab_home/xen-machine.sh"

# jars_of JAR: itself and those that its manifest names, one a line.
jars_of() {
  echo "$1"
  busybox unzip -p "$1" META-INF/MANIFEST.MF | tr -d '\r' | sed -z 's/\n //g' | sed -n 's/^Class-Path: //p' | tr ' ' '\n'
}

# write_configuration FILE: an agent of nobody's, that runs nothing and finds no service.
write_configuration() {
  cat > "$1" <<END
name: rehearsal
listen: "127.0.0.1:9445"
address: https://127.0.0.1:9445
ops-listen: "127.0.0.1:9455"
service:
  address: https://127.0.0.1:9443
  dn: "/DC=org/DC=hospes/CN=service.hospes.test"
repository-dn: "/DC=org/DC=hospes/CN=repo.hospes.test"
hypervisor:
  driver: test
  uri: test:///default
network:
  uplink: up0
  forward-address: 198.51.100.11
END
}

# Inside namespaces of its own: `root` is the host's, with `tree` over it and what is written in memory.
# shellcheck disable=SC2016 # expanded inside
rehearsal='
mount -t tmpfs none "$work/inside"
cd "$work/inside"
mkdir upper work root
mount -t overlay overlay -o "lowerdir=$work/tree:$root,upperdir=upper,workdir=work" root
mount -t proc proc root/proc; mount --bind /dev root/dev; mount -t tmpfs none root/run
ip link set lo up
ip link add up0 type veth peer name peer; ip link set up0 up; ip link set peer up
ip addr add 198.51.100.11/26 dev up0
jar=$(echo /opt/hospes/lib/hospes-node-agent-[0-9]*.jar)
agent="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
chroot root env HOSPES_JAVA_OPTS="$agent -XX:DumpLoadedClassList=/tmp/classes" /opt/hospes/bin/node-agent >log 2>&1 &
# openssl, not a plain connection: the handshake has classes too.
until openssl s_client -connect 127.0.0.1:9445 -cert "$papers/hostcert.pem" -key "$papers/hostkey.pem" </dev/null >handshake 2>&1; do
  kill -0 $! || { tail -5 log; exit 1; }
  sleep 0.2
done
kill $!; wait $! || true
# Classes of signed jars cannot be in such an archive; that their lambdas are not either, Java forgets, and crashes.
for signed in "$work"/tree/opt/hospes/lib/*.jar; do
  busybox unzip -l "$signed" | grep -q " META-INF/[^/]*\.SF$" || continue
  busybox unzip -l "$signed" | sed -n "s,.* \([^ ]*\)\.class$,\1,p"
done | sort >signed
awk "NR == FNR { signed[\$1]; next } !(\$1 == \"@lambda-proxy\" && \$2 in signed)" signed root/tmp/classes >root/tmp/listed
chroot root java -Xshare:dump -Xmx512m -XX:+UseSerialGC -XX:SharedClassListFile=/tmp/listed \
  -XX:SharedArchiveFile=/tmp/node-agent.jsa -Xlog:cds=error -cp "/opt/hospes/lib/$(basename "$work"/tree/opt/hospes/lib/hospes-node-agent-[0-9]*.jar)" \
  >dump 2>&1 || { tail -5 dump; exit 1; }
mv root/tmp/node-agent.jsa "$work/tree/opt/hospes/lib"
'

archive=$(archive_directory) || die "no archive in packaging/target; build first"
root=$("$lab_home/xen-root.sh")
key=$({ cat "$lab_home"/xen-{programs,machine}.sh; echo "$root"; cd "$archive"; sha256sum libexec/* bin/node-agent
  cd lib; jars_of hospes-node-agent-[0-9]*.jar | xargs sha256sum; jars_of hospes-node-agent-[0-9]*.jar | xargs stat -c %Y; } | sha256sum | cut -c1-16)
made=$HOSPES_CACHE/xen-programs-$key
if [ -f "$made" ]; then echo "$made"; exit 0; fi
need_root
exec 5>"$HOSPES_CACHE/xen-programs.lock"; flock 5
if [ -f "$made" ]; then echo "$made"; exit 0; fi
say "starting the agent once, for an archive of its classes"
work=$(mktemp -d "$HOSPES_CACHE/xen-programs.XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/tree
mkdir -p "$work/inside" "$tree"/opt/hospes/{bin,lib} "$tree"/etc/{hospes,grid-security} "$tree"/var/{log/hospes,lib/hospes/node}
cp -r "$archive/libexec" "$tree/opt/hospes"
cp "$archive/bin/node-agent" "$tree/opt/hospes/bin"
# With their times, which Java compares.
(cd "$archive/lib" && jars_of hospes-node-agent-[0-9]*.jar | xargs cp -p -t "$tree/opt/hospes/lib")
"$lab_home/demo-ca.sh" "$work/grid" init
"$lab_home/demo-ca.sh" "$work/grid" host rehearsal.hospes.test 127.0.0.1
papers=$work/grid/hosts/rehearsal.hospes.test
cp "$papers"/host{cert,key}.pem "$tree/etc/grid-security"
cp -r "$work/grid/certificates" "$tree/etc/grid-security"
write_configuration "$tree/etc/hospes/node-agent.yaml"
printf 'forms: [cms]\nsigners: []\n' > "$tree/etc/hospes/image-policy.yaml"
work=$work root=$root papers=$papers timeout 180 unshare --mount --net --pid --fork --kill-child --propagation private \
  bash -euc "$rehearsal" >&2 5>&- || die "the agent could not be started for an archive of its classes"
truncate -s "$xen_programs_size" "$work/disk"
mkfs.ext4 -q -O ^has_journal -m 0 -d "$tree/opt" "$work/disk"
chmod 0444 "$work/disk"
find "$HOSPES_CACHE" -maxdepth 1 -name 'xen-programs-????????????????' -delete
mv "$work/disk" "$made"
echo "$made"
