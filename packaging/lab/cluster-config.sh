# shellcheck shell=bash
# shellcheck disable=SC2154 # set by lib.sh
# The papers and the configuration of a lab site. Sourced by cluster.sh.

service_address() { echo "https://$site_head:9443"; }
repository_address() { echo "https://$site_head:9444"; }

# make_papers NODES: who is who. Certificates carry addresses, because no name of the lab is known outside it.
make_papers() {
  local nodes=$1 index grid=$HOSPES_CLUSTER/grid
  local make="$lab_home/demo-ca.sh"
  "$make" "$grid" init
  "$make" "$grid" host service.hospes.test "$site_head"
  "$make" "$grid" host repo.hospes.test "$site_head"
  for index in $(seq "$nodes"); do "$make" "$grid" host "node$index.hospes.test" "$(node_address "$index")"; done
  "$make" "$grid" person ada "Ada Physicist"
  "$make" "$grid" person bob "Bob Builder"
  "$make" "$grid" person olga "Olga Operator"
  # A CRL of last month would refuse everybody.
  "$make" "$grid" renew-crl
}

# The demo CA names everybody /DC=org/DC=hospes/CN=...; asking it for each mention would cost a second in all.
dn_of() {
  case $1 in
    hosts/*) echo "/DC=org/DC=hospes/CN=${1#hosts/}" ;;
    people/ada) echo "/DC=org/DC=hospes/CN=Ada Physicist" ;;
    people/bob) echo "/DC=org/DC=hospes/CN=Bob Builder" ;;
    people/olga) echo "/DC=org/DC=hospes/CN=Olga Operator" ;;
  esac
}

# Whether the nodes are Xen hosts in emulation (xen-node.sh): Xen is asked for, and this machine has none itself.
xen_hosts() { [ "${HOSPES_HYPERVISOR:-qemu}" = xen ] && ! grep -qs control_d /proc/xen/capabilities; }

# The keys that every program's file begins with. papers PROGRAM FQDN
papers() {
  cat <<EOF
host-certificate: $HOSPES_CLUSTER/grid/hosts/$2/hostcert.pem
host-key: $HOSPES_CLUSTER/grid/hosts/$2/hostkey.pem
ca-directory: $HOSPES_CLUSTER/grid/certificates
image-policy: $HOSPES_CLUSTER/etc/$1/image-policy.yaml
EOF
}

# Each program has its own copy of the image policy, as on machines of their own; the node's decides what boots.
write_image_policy() {
  cat > "$1" <<EOF
# Classic SHA-1 signatures are accepted, as sites of this tradition need it; take it out when nobody does.
forms: [cms, classic-sha256, classic-sha1]
signers:
  - dn: "$(dn_of people/bob)"
    vos: [demo]
# What the repository countersigned while its signer's certificate was good outlives that certificate.
countersigners: ["$(dn_of hosts/repo.hospes.test)"]
EOF
}

write_configuration() {
  local nodes=$1 index name etc=$HOSPES_CLUSTER/etc state=$HOSPES_CLUSTER/state heartbeat=1s silent=30s refresh=2s
  # At rest an agent of an emulated processor takes a fifth of its time with one in 5 s and with trust looked through
  # each 2 s. Beside other work it may not come to a heartbeat for half a minute, which says nothing of the guests.
  if xen_hosts; then heartbeat=10s silent=120s refresh=20s; fi
  rm -rf "$etc"
  mkdir -p "$etc/image-repo" "$etc/workspace-service"

  write_image_policy "$etc/image-repo/image-policy.yaml"
  {
    papers image-repo repo.hospes.test
    cat <<EOF
listen: "$site_head:9444"
address: $(repository_address)
store: $state/repo
access: $etc/image-repo/repo-access.yaml
audit-log: $HOSPES_CLUSTER/log/image-repo-audit.jsonl
reload: 2s
ops-listen: "127.0.0.1:9454"
EOF
  } > "$etc/image-repo/image-repo.yaml"
  {
    echo "publishers: [\"$(dn_of people/bob)\"]"
    echo "retirers: [\"$(dn_of people/bob)\", \"$(dn_of people/olga)\"]"
    echo "readers:"
    echo "  - \"$(dn_of people/ada)\""
    echo "  - \"$(dn_of people/bob)\""
    echo "  - \"$(dn_of people/olga)\""
    echo "  - \"$(dn_of hosts/service.hospes.test)\""
    for index in $(seq "$nodes"); do echo "  - \"$(dn_of "hosts/node$index.hospes.test")\""; done
  } > "$etc/image-repo/repo-access.yaml"

  write_image_policy "$etc/workspace-service/image-policy.yaml"
  # Ada may run and not sign; Bob may sign and not run. Her account's leading dot makes demo her VO.
  echo "\"$(dn_of people/ada)\" .demo" > "$etc/workspace-service/grid-mapfile"
  echo "\"$(dn_of people/olga)\" .demo" >> "$etc/workspace-service/grid-mapfile"
  {
    papers workspace-service service.hospes.test
    cat <<EOF
listen: "$site_head:9443"
ops-listen: "127.0.0.1:9453"
grid-mapfile: $etc/workspace-service/grid-mapfile
access: $etc/workspace-service/service-access.yaml
repository:
  address: $(repository_address)
  dn: "$(dn_of hosts/repo.hospes.test)"
database:
  url: "jdbc:h2:file:$state/service/state;WRITE_DELAY=0"
audit-log: $HOSPES_CLUSTER/log/audit.jsonl
seen-revocations: $state/service/revocations
heartbeat: $heartbeat
node-silent-after: $silent
refresh: 2s
EOF
  } > "$etc/workspace-service/workspace-service.yaml"
  {
    echo "operators: [\"$(dn_of people/olga)\"]"
    echo "nodes:"
    for index in $(seq "$nodes"); do
      echo "  - name: node$index"
      echo "    dn: \"$(dn_of "hosts/node$index.hospes.test")\""
    done
  } > "$etc/workspace-service/service-access.yaml"

  local driver=qemu emulation=tcg own
  case ${HOSPES_HYPERVISOR:-qemu} in
    kvm) emulation=kvm ;;
    xen) driver=xen emulation=auto ;;
  esac
  for index in $(seq "$nodes"); do
    name=node$index
    mkdir -p "$etc/$name"
    write_image_policy "$etc/$name/image-policy.yaml"
    # A host of its own has its papers and logs at the usual places, which the file need not name.
    own=$(papers "$name" "$name.hospes.test"; echo "audit-log: $HOSPES_CLUSTER/log/$name-audit.jsonl")
    if xen_hosts; then own=; fi
    {
      echo "name: $name"
      echo "$own"
      cat <<EOF
listen: "$(node_address "$index"):9445"
address: https://$(node_address "$index"):9445
ops-listen: "127.0.0.1:9455"
service:
  address: $(service_address)
  dn: "$(dn_of hosts/service.hospes.test)"
repository-dn: "$(dn_of hosts/repo.hospes.test)"
hypervisor:
  driver: $driver
  uri: $driver:///system
  emulation: $emulation
  xen-kind: ${HOSPES_XEN_KIND:-pv}
# The node's own: see node.sh.
state-directory: /var/lib/hospes/node
refresh: $refresh
cache:
  directory: /var/lib/hospes/cache
  max-size: 4G
network:
  bridge: hospes0
  subnet: 192.168.150.0/24
  uplink: up0
  forward-address: $(node_address "$index")
  forward-ports: 30000-30999
  refused-networks: ["$site_network"]
capacity:
  cpus: 8
  memory: 2G
EOF
      if xen_hosts; then
        printf 'kernels:\n  - {name: tiny, kernel: %s/vmlinuz, initrd: %s/initrd}\n' "$xen_kernels" "$xen_kernels"
      fi
    } > "$etc/$name/node-agent.yaml"
  done
}

# write_environment FILE PERSON [PROXY]: what a person's shell needs.
write_environment() {
  local archive person=$HOSPES_CLUSTER/grid/people/$2
  archive=$(archive_directory)
  {
    echo "# . this file: puts \`workspace\` on the PATH with this person's papers"
    # shellcheck disable=SC2016 # for the shell that reads the file
    printf 'case ":$PATH:" in *":%s:"*) ;; *) PATH="%s:$PATH" ;; esac; export PATH\n' "$archive/bin" "$archive/bin"
    echo "export HOSPES_SERVICE=$(service_address)"
    echo "export HOSPES_REPOSITORY=$(repository_address)"
    echo "export X509_CERT_DIR='$HOSPES_CLUSTER/grid/certificates'"
    echo "export X509_USER_CERT='$person/usercert.pem'"
    echo "export X509_USER_KEY='$person/userkey.pem'"
    # A proxy left over from another person's file would count before the certificate.
    if [ -n "${3:-}" ]; then echo "export X509_USER_PROXY='$3'"; else echo "unset X509_USER_PROXY"; fi
  } > "$1"
}
