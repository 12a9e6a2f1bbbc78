#!/usr/bin/env bash
# A demonstration grid CA in IGTF layout, made with openssl alone. Never trust it outside a lab: its key lies open.
#
#   demo-ca.sh DIR init [CA-NAME]          certificates/ (HASH.0, .signing_policy, .namespaces, .r0), idempotent
#   demo-ca.sh DIR host FQDN [IP...]       hosts/FQDN/{hostcert,hostkey}.pem
#   demo-ca.sh DIR person ID "Common Name" people/ID/{usercert,userkey}.pem
#   demo-ca.sh DIR expired ID "Common Name"     the same, its time over since yesterday
#   demo-ca.sh DIR brief ID "Common Name" SECONDS     the same, its time over in so many seconds
#   demo-ca.sh DIR proxy ID OUT [HOURS]    an RFC 3820 proxy by openssl (see also grid-proxy-init -rfc)
#   demo-ca.sh DIR revoke hosts/FQDN|people/ID  into the CRL at once
#   demo-ca.sh DIR renew-crl [DAYS]        a fresh CRL; DAYS 0 makes one that is over already
#   demo-ca.sh DIR dn hosts/FQDN|people/ID      its name in slash form
#
# Everything but `revoke` and `renew-crl` leaves alone what exists.
set -euo pipefail

directory=${1:?demo-ca.sh DIR COMMAND}; command=${2:?demo-ca.sh DIR COMMAND}; shift 2
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
ca=$directory/ca
trusted=$directory/certificates
umask 077                    # keys are born unreadable for others

die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Grid names are sequences of DC=, O=, OU= and CN=; this one is the CA's and everybody's prefix.
prefix=/DC=org/DC=hospes

quietly() {
  local log; log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then cat "$log" >&2; rm -f "$log"; die "$1 ${2:-} failed"; fi
  rm -f "$log"
}

# The CA's hash, under which every grid program looks for it.
ca_hash() { openssl x509 -in "$ca/cert.pem" -noout -hash; }

write_configuration() {
  cat > "$ca/openssl.cnf" <<EOF
[ca]
default_ca = demo
[demo]
database = $ca/index.txt
serial = $ca/serial
crlnumber = $ca/crlnumber
new_certs_dir = $ca/issued
certificate = $ca/cert.pem
private_key = $ca/key.pem
default_md = sha256
default_days = 395
default_crl_days = 30
policy = any
unique_subject = no
copy_extensions = none
crl_extensions = crl
[any]
domainComponent = optional
organizationName = optional
organizationalUnitName = optional
commonName = supplied
[crl]
authorityKeyIdentifier = keyid
[req]
distinguished_name = none
prompt = no
[none]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[person]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[host]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = \${ENV::ALTERNATIVE_NAMES}
[proxy]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
proxyCertInfo = critical, language:id-ppl-inheritAll
EOF
}

publish_crl() {
  quietly openssl ca -config "$ca/openssl.cnf" -gencrl "$@" -out "$ca/crl.pem"
  chmod 0644 "$ca/crl.pem"
  # Whole or not at all: validators read the directory at any moment.
  cp -p "$ca/crl.pem" "$trusted/.crl.new"
  mv "$trusted/.crl.new" "$trusted/$(ca_hash).r0"
}

init() {
  local name=${1:-Hospes Demo CA} hash
  if [ -s "$ca/done" ]; then return; fi
  rm -rf "$ca" "$trusted"
  mkdir -p "$ca/issued" "$trusted" "$directory/hosts" "$directory/people"
  chmod 0755 "$directory" "$trusted" "$directory/hosts" "$directory/people"
  : > "$ca/index.txt"; echo 1000 > "$ca/serial"; echo 01 > "$ca/crlnumber"
  export ALTERNATIVE_NAMES=DNS:none
  write_configuration
  quietly openssl req -x509 -config "$ca/openssl.cnf" -newkey rsa:2048 -nodes -sha256 -days 3650 -extensions root \
    -set_serial 1 -subj "$prefix/CN=$name" -keyout "$ca/key.pem" -out "$ca/cert.pem"
  hash=$(ca_hash)
  install -m 0644 "$ca/cert.pem" "$trusted/$hash.0"
  cat > "$trusted/$hash.signing_policy" <<EOF
access_id_CA   X509    '$prefix/CN=$name'
pos_rights     globus  CA:sign
cond_subjects  globus  '"$prefix/*"'
EOF
  cat > "$trusted/$hash.namespaces" <<EOF
TO Issuer "$prefix/CN=$name" PERMIT Subject "$prefix/.*"
EOF
  chmod 0644 "$trusted/$hash".*
  publish_crl
  # Written last: a CA directory without it was cut short and is made anew.
  echo "$hash" > "$ca/done"
}

# issue DIR CERT KEY SECTION SUBJECT [openssl ca options...]
issue() {
  local place=$1 certificate=$2 key=$3 section=$4 subject=$5; shift 5
  if [ -s "$place/$certificate" ] && [ -s "$place/$key" ]; then return; fi
  mkdir -p "$place"; chmod 0755 "$place"
  rm -f "$place/$key"
  quietly openssl req -new -config "$ca/openssl.cnf" -newkey rsa:2048 -nodes -sha256 -subj "$subject" \
    -keyout "$place/$key" -out "$place/request.pem"
  # preserveDN: the name goes in as written, in this order.
  quietly openssl ca -config "$ca/openssl.cnf" -batch -notext -preserveDN -extensions "$section" "$@" \
    -in "$place/request.pem" -out "$place/$certificate"
  rm -f "$place/request.pem"
  chmod 0644 "$place/$certificate"; chmod 0400 "$place/$key"
}

certificate_of() {
  local file
  for file in "$directory/$1/hostcert.pem" "$directory/$1/usercert.pem"; do
    if [ -s "$file" ]; then echo "$file"; return; fi
  done
  die "$directory/$1 holds no certificate"
}

export ALTERNATIVE_NAMES=${ALTERNATIVE_NAMES:-DNS:none}
case $command in
  init) init "$@" ;;
  host)
    fqdn=${1:?FQDN}; shift
    ALTERNATIVE_NAMES=DNS:$fqdn
    for address in "$@"; do ALTERNATIVE_NAMES+=,IP:$address; done
    # Made for another quarter of the lab's addresses, it would name the wrong host.
    for address in "$@"; do
      openssl x509 -in "$directory/hosts/$fqdn/hostcert.pem" -noout -checkip "$address" 2>/dev/null | grep -q 'does match' \
        || rm -f "$directory/hosts/$fqdn/hostcert.pem"
    done
    issue "$directory/hosts/$fqdn" hostcert.pem hostkey.pem host "$prefix/CN=$fqdn" ;;
  person) issue "$directory/people/${1:?ID}" usercert.pem userkey.pem person "$prefix/CN=${2:?Common Name}" ;;
  expired)
    issue "$directory/people/${1:?ID}" usercert.pem userkey.pem person "$prefix/CN=${2:?Common Name}" \
      -startdate "$(date -u -d '-30 days' +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d yesterday +%Y%m%d%H%M%SZ)" ;;
  brief)
    issue "$directory/people/${1:?ID}" usercert.pem userkey.pem person "$prefix/CN=${2:?Common Name}" \
      -startdate "$(date -u -d '-1 hour' +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d "+${3:?SECONDS} seconds" +%Y%m%d%H%M%SZ)" ;;
  proxy)
    person=$directory/people/${1:?ID} out=${2:?OUT} work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    # RFC 3820: the holder's name and one more CN, by convention the serial number.
    serial=$((RANDOM * 32768 + RANDOM))
    subject=$(openssl x509 -in "$person/usercert.pem" -noout -subject -nameopt compat | sed 's/^subject= *//')
    quietly openssl req -new -config "$ca/openssl.cnf" -newkey rsa:2048 -nodes -sha256 -subj "$subject/CN=$serial" \
      -keyout "$work/key.pem" -out "$work/request.pem"
    quietly openssl x509 -req -in "$work/request.pem" -CA "$person/usercert.pem" -CAkey "$person/userkey.pem" \
      -set_serial "$serial" -sha256 -days "$(( (${3:-12} + 23) / 24 ))" -extfile "$ca/openssl.cnf" -extensions proxy \
      -out "$work/cert.pem"
    cat "$work/cert.pem" "$work/key.pem" "$person/usercert.pem" > "$out.new"
    chmod 0600 "$out.new"; mv "$out.new" "$out" ;;
  revoke)
    quietly openssl ca -config "$ca/openssl.cnf" -revoke "$(certificate_of "${1:?hosts/FQDN or people/ID}")"
    publish_crl ;;
  renew-crl)
    if [ "${1:-30}" = 0 ]; then
      publish_crl -crl_lastupdate "$(date -u -d '-2 days' +%Y%m%d%H%M%SZ)" -crl_nextupdate "$(date -u -d yesterday +%Y%m%d%H%M%SZ)"
    else
      publish_crl -crldays "${1:-30}"
    fi ;;
  dn) openssl x509 -in "$(certificate_of "${1:?hosts/FQDN or people/ID}")" -noout -subject -nameopt compat | sed 's/^subject= *//' ;;
  *) sed -n '2,15p' "$0" | cut -c3- >&2; exit 2 ;;
esac
