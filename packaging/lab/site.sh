#!/usr/bin/env bash
# The network of a small site, made of namespaces.
#
#   site.sh up        raise it            site.sh exec CMD...   run in the head's namespace
#   site.sh down      nodes too           site.sh env           print its addresses as shell assignments
#
#   SITE-head       198.51.100.1   the site's switch; workspace-service and image-repo run here
#   (the machine)   198.51.100.2   one veth, so that a person reaches the service and the nodes' forwarded ports
#   SITE-neighbour  198.51.100.3   another server of the site, with a web page; guests must not reach it
#   SITE-nodeN      198.51.100.1N  the nodes, see node.sh
#   SITE-outside    203.0.113.1    "the internet", with a web page; guests reach it through their node's NAT
#
# (Addresses for HOSPES_BLOCK=0; each further block is 64 higher.) Service and repository have a namespace of
# their own, rather than the machine's, because a packet filter on the machine (ufw, Docker) that drops what
# comes in would cut the nodes off, and Hospes alters nothing of it. The machine only ever connects outwards.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
check_site_name

head=$HOSPES_SITE-head neighbour=$HOSPES_SITE-neighbour outside=$HOSPES_SITE-outside
machine_link=$HOSPES_SITE-net        # the one interface the machine itself gets

# serve_page NAMESPACE TEXT: so that "can be reached" is something a test can fetch.
serve_page() {
  local www=$HOSPES_LAB_DIR/$1
  mkdir -p "$www"; echo "$2" > "$www/index.html"
  ip netns exec "$1" setsid busybox httpd -f -p 80 -h "$www" </dev/null >/dev/null 2>&1 &
}

add_namespace() {
  ip netns add "$1"
  ip -n "$1" link set lo up
  # No IPv6 in the lab unless a test gives it: link-local chatter hides mistakes.
  ip netns exec "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
}

# plug NAMESPACE ADDRESS PORTNAME: a veth from the namespace to the site's switch.
plug() {
  ip -n "$1" link add up0 type veth peer name "$3" netns "$head"
  ip -n "$head" link set "$3" master switch up
  ip -n "$1" addr add "$2/26" dev up0
  ip -n "$1" link set up0 up
  ip -n "$1" route add default via "$site_head"
}

up() {
  need_root
  if namespace_exists "$head"; then say "site $HOSPES_SITE is up already"; return; fi
  if ip route show to match "$site_head" | grep -qv '^default'; then
    die "the machine has a route to $site_network already ($(ip route show to match "$site_head" | grep -v '^default' | head -1)); choose another quarter with HOSPES_BLOCK=0..3"
  fi
  trap 'say "raising site $HOSPES_SITE failed; clearing up"; down' EXIT
  mkdir -p "$HOSPES_LAB_DIR/$head"
  write_hosts_file "$HOSPES_LAB_DIR/hosts"

  add_namespace "$head"
  ip netns exec "$head" sysctl -qw net.ipv4.ip_forward=1
  ip -n "$head" link add switch type bridge stp_state 0 forward_delay 0 mcast_snooping 0
  ip -n "$head" addr add "$site_head/26" dev switch
  ip -n "$head" link set switch up
  start_keeper "$head" "$HOSPES_LAB_DIR/$head" "mount --bind '$HOSPES_LAB_DIR/hosts' /etc/hosts"

  ip link add "$machine_link" type veth peer name machine netns "$head"
  ip -n "$head" link set machine master switch up
  ip addr add "$site_machine/26" dev "$machine_link"
  ip link set "$machine_link" up

  add_namespace "$neighbour"
  plug "$neighbour" "$site_neighbour" neighbour
  serve_page "$neighbour" "the site's other server"

  add_namespace "$outside"
  ip -n "$outside" link add up0 type veth peer name outside netns "$head"
  ip -n "$outside" addr add "$outside_host/24" dev up0
  ip -n "$outside" link set up0 up
  ip -n "$outside" route add 198.51.100.0/24 via "$outside_router"
  ip -n "$head" addr add "$outside_router/24" dev outside
  ip -n "$head" link set outside up
  serve_page "$outside" "the outside world"
  trap - EXIT
}

down() {
  need_root
  trap - EXIT
  local namespace
  # Nodes first: their guests would lose their network otherwise.
  for namespace in $(ip netns list | awk '{print $1}' | grep "^$HOSPES_SITE-" | grep -v "^$head$" || true); do
    clear_namespace "$namespace"
  done
  clear_namespace "$head"
  # Its peer died with the head's namespace and took it along, but the kernel does that a moment later.
  ip link del "$machine_link" 2>/dev/null || true
  rm -rf "$HOSPES_LAB_DIR"
  release_mount_point
}

case ${1:-} in
  up) up ;;
  down) down ;;
  exec) shift; pid=$(keeper "$head" "$HOSPES_LAB_DIR/$head"); exec nsenter -t "$pid" -m -n --wd="$PWD" "$@" ;;
  env)
    echo "site_head=$site_head site_machine=$site_machine site_neighbour=$site_neighbour"
    echo "outside_host=$outside_host site_network=$site_network node1=$(node_address 1) node2=$(node_address 2)" ;;
  *) sed -n '2,6p' "$0" | cut -c3- >&2; exit 2 ;;
esac
