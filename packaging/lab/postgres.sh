#!/usr/bin/env bash
# A PostgreSQL for the persistence tests, taken away again afterwards.
#
#   postgres.sh up      prints `export ...` lines for the tests: how to reach Docker, or PostgreSQL itself
#   postgres.sh down
#
# In this order: a Docker engine that answers and has, or can pull, postgres:15; as root, a dockerd of our own in a
# network namespace, with a postgres:15 made of Debian's packages; Debian's own PostgreSQL, started directly.
# dockerd gets a namespace because it sets the FORWARD policy of wherever it runs to DROP.
set -euo pipefail
: "${HOSPES_SITE:=hpg}" "${HOSPES_BLOCK:=3}"
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
check_site_name

namespace=$HOSPES_SITE-docker
link=$HOSPES_SITE-net
state=$repository_root/var/postgres
image=postgres:15
socket=$state/run/docker.sock
engine_address=$(site_address 1)
version=15

docker_here() { docker -H "unix://$socket" "$@"; }

testcontainers_settings() {
  # Ryuk is one more image to pull; what it would clean up goes with the whole engine, or by the tests' own hands.
  echo "export TESTCONTAINERS_RYUK_DISABLED=true"
}

# make_image_tar TAR: a root file system with nothing but PostgreSQL. A minute, so it is kept.
make_image_tar() {
  local work
  work=$(mktemp -d "$HOSPES_CACHE/postgres.XXXXXX")
  say "making $image out of Debian's packages (once; a minute)"
  # gnupg and friends are not needed: apt's own keys are the machine's.
  debootstrap --variant=minbase --include=postgresql-$version bookworm "$work/root" >"$state/debootstrap.log" 2>&1 \
    || { tail -5 "$state/debootstrap.log" >&2; rm -rf "$work"; return 1; }
  rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/usr/share/{doc,man,locale} "$work/root/var/lib/postgresql/$version"
  cat > "$work/root/entrypoint" <<'EOF'
#!/bin/sh
# As the usual image does: make a cluster with the wanted user and database, then run it in the foreground. It is
# started twice, and says so twice, which is what Testcontainers waits for.
set -eu
export PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data
user=${POSTGRES_USER:-postgres} database=${POSTGRES_DB:-${POSTGRES_USER:-postgres}}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  install -d -o postgres -g postgres -m 0700 "$PGDATA"
  install -d -o postgres -g postgres /var/run/postgresql
  printf '%s\n' "${POSTGRES_PASSWORD:?}" > /tmp/password; chown postgres /tmp/password
  setpriv --reuid postgres --regid postgres --init-groups initdb -U "$user" --pwfile=/tmp/password -A scram-sha-256 >/dev/null
  rm /tmp/password
  printf "host all all all scram-sha-256\n" >> "$PGDATA/pg_hba.conf"
  sed -i "s/^#\?listen_addresses.*/listen_addresses = '*'/" "$PGDATA/postgresql.conf"
  export PGPASSWORD="$POSTGRES_PASSWORD"
  setpriv --reuid postgres --regid postgres --init-groups pg_ctl -w -o "-c listen_addresses=" start
  [ "$database" = postgres ] || setpriv --reuid postgres --regid postgres --init-groups createdb -U "$user" "$database"
  setpriv --reuid postgres --regid postgres --init-groups pg_ctl -w -m fast stop
fi
exec setpriv --reuid postgres --regid postgres --init-groups "$@"
EOF
  chmod 0755 "$work/root/entrypoint"
  tar -C "$work/root" --one-file-system -cf "$1.new" .
  rm -rf "$work"
  mv "$1.new" "$1"
}

start_engine() {
  local tar=$HOSPES_CACHE/postgres-$version.tar
  command -v dockerd >/dev/null || { say "no dockerd here"; return 1; }
  [ -s "$tar" ] || { command -v debootstrap >/dev/null && make_image_tar "$tar"; } || { say "no postgres image could be made"; return 1; }
  ip netns add "$namespace"
  ip -n "$namespace" link set lo up
  ip link add "$link" type veth peer name up0 netns "$namespace"
  ip addr add "$site_machine/26" dev "$link"; ip link set "$link" up
  ip -n "$namespace" addr add "$engine_address/26" dev up0; ip -n "$namespace" link set up0 up
  # dockerd asks for a default route to decide which address is its own.
  ip -n "$namespace" route add default via "$site_machine"
  mkdir -p "$state/run"
  # Its mounts stay its own, and so does /run/docker, which a dockerd of the machine may be using. The cgroup file
  # systems, which `ip netns exec` hides with the old /sys, are bound in again: runc insists on them.
  mkdir -p "$state/etc" "$state/docker-run"
  if ! compgen -G '/sys/fs/cgroup/*/docker' >/dev/null && [ ! -d /sys/fs/cgroup/docker ]; then touch "$state/own-cgroups"; fi
  ip netns exec "$namespace" setsid unshare --mount --propagation private bash -c "
    mkdir -p /run/docker; mount --bind '$state/docker-run' /run/docker
    $(cgroup_mounts)
    exec dockerd --host 'unix://$socket' --data-root '$state/data' --exec-root '$state/exec' --pidfile '$state/run/dockerd.pid' \
      --storage-driver $(storage_driver) --ip6tables=false" </dev/null >"$state/dockerd.log" 2>&1 &
  if ! wait_until 40 docker_here version; then tail -8 "$state/dockerd.log" >&2; return 1; fi
  docker_here import --change 'ENTRYPOINT ["/entrypoint"]' --change 'CMD ["postgres"]' --change 'EXPOSE 5432' \
    --change 'ENV PATH=/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin PGDATA=/var/lib/postgresql/data' \
    "$tar" $image >/dev/null
  # Proof that it runs, not only answers.
  if ! docker_here run --rm --entrypoint /bin/true $image >"$state/try.log" 2>&1; then tail -3 "$state/try.log" >&2; return 1; fi
}

# Shell text that mounts the machine's cgroup hierarchies inside the engine's namespace, v1 or v2 as they are here.
cgroup_mounts() {
  if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
    echo "mount -t cgroup2 none /sys/fs/cgroup"
  else
    echo "mount -t tmpfs none /sys/fs/cgroup"
    awk '$3 == "cgroup" {print $2, $4}' /proc/mounts | while read -r place options; do
      # The controllers are the options that are not common mount options.
      options=$(echo "$options" | tr , '\n' | grep -vxE 'rw|relatime|nosuid|nodev|noexec|xattr|release_agent=.*' | paste -sd,)
      echo "mkdir -p '$place'; mount -t cgroup -o '$options' none '$place' || true"
    done
  fi
}

# overlay2 does not stand on every file system; vfs always works, and one image of a few hundred MB is no burden.
storage_driver() {
  local try=$state/try
  mkdir -p "$try"/{lower,upper,work,merged}
  if mount -t overlay overlay -o "lowerdir=$try/lower,upperdir=$try/upper,workdir=$try/work" "$try/merged" 2>/dev/null; then
    umount "$try/merged"; echo overlay2
  else
    echo vfs
  fi
  rm -rf "$try"
}

start_debians_own() {
  local bin=/usr/lib/postgresql/$version/bin data=$state/cluster port=$((54000 + RANDOM % 1000)) become=()
  [ -x "$bin/initdb" ] || { say "no PostgreSQL $version either: apt-get install postgresql-$version"; return 1; }
  rm -rf "$data"; mkdir -p "$data"
  # PostgreSQL refuses to run as root.
  if [ "$(id -u)" = 0 ]; then
    # Its home is outside this tree, which its user may be unable to enter.
    data=$(mktemp -d /tmp/hospes-postgres.XXXXXX); echo "$data" > "$state/outside"
    chown postgres "$data"; become=(setpriv --reuid postgres --regid postgres --init-groups)
  fi
  (cd / && echo hospes > "$data.password" && chmod 0644 "$data.password" \
    && "${become[@]}" "$bin/initdb" -D "$data" -U hospes --pwfile="$data.password" -A scram-sha-256 >"$state/initdb.log" 2>&1; rm -f "$data.password")
  (cd / && "${become[@]}" "$bin/pg_ctl" -D "$data" -w -l "$data/log" -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=" start >/dev/null)
  (cd / && PGPASSWORD=hospes "$bin/createdb" -h 127.0.0.1 -p "$port" -U hospes hospes)
  echo "$data" > "$state/cluster-directory"
  echo "export HOSPES_TEST_POSTGRES='jdbc:postgresql://127.0.0.1:$port/hospes?user=hospes&password=hospes'"
}

up() {
  mkdir -p "$state" "$HOSPES_CACHE"
  if docker version >/dev/null 2>&1 && { docker image inspect $image >/dev/null 2>&1 || timeout 120 docker pull -q $image >/dev/null 2>&1; }; then
    say "PostgreSQL: by the Docker engine that answers here"
    testcontainers_settings; return
  fi
  if [ "$(id -u)" = 0 ]; then
    if namespace_exists "$namespace"; then down; fi
    if (start_engine); then
      say "PostgreSQL: by a Docker engine of our own, in namespace $namespace"
      testcontainers_settings
      echo "export DOCKER_HOST=unix://$socket TESTCONTAINERS_HOST_OVERRIDE=$engine_address"
      return
    fi
    say "a Docker engine of our own did not work"
    stop_engine
  fi
  start_debians_own || die "no PostgreSQL could be had for the persistence tests"
  say "PostgreSQL: Debian's own, without Docker"
}

stop_engine() {
  local mounted containers
  # Containers live in namespaces of their own: the engine must end them, before it ends itself.
  if [ -S "$socket" ]; then
    containers=$(timeout 20 docker -H "unix://$socket" ps -aq 2>/dev/null || true)
    # shellcheck disable=SC2086 # a list of ids
    [ -z "$containers" ] || timeout 60 docker -H "unix://$socket" rm -fv $containers >/dev/null || true
  fi
  clear_namespace "$namespace"
  ip link del "$link" 2>/dev/null || true
  # The engine's mounts were private; these are what a crash may have left in ours.
  awk -v s="$state/" 'index($2, s) == 1 {print $2}' /proc/mounts | sort -r | while read -r mounted; do umount -l "$mounted"; done
  # dockerd leaves its empty control groups standing; a machine with an engine of its own keeps them.
  if [ -e "$state/own-cgroups" ]; then rmdir /sys/fs/cgroup/*/docker /sys/fs/cgroup/docker 2>/dev/null || true; fi
  rm -rf "${state:?}"/{data,exec,run,docker-run,etc}
}

down() {
  local data
  if [ -s "$state/cluster-directory" ]; then
    data=$(cat "$state/cluster-directory")
    if [ "$(id -u)" = 0 ]; then
      (cd / && setpriv --reuid postgres --regid postgres --init-groups /usr/lib/postgresql/$version/bin/pg_ctl -D "$data" -m immediate stop >/dev/null) || true
    else
      /usr/lib/postgresql/$version/bin/pg_ctl -D "$data" -m immediate stop >/dev/null || true
    fi
    rm -rf "$data" "$state/cluster-directory"
  fi
  [ "$(id -u)" != 0 ] || stop_engine
  rm -rf "$state"
}

case ${1:-} in
  up) up ;;
  down) down ;;
  *) sed -n '2,6p' "$0" | cut -c3- >&2; exit 2 ;;
esac
