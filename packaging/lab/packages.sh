# shellcheck shell=bash
# shellcheck disable=SC2034 # lists, used by the scripts that source this
# Which Debian packages the lab needs, and how missing ones come. Sourced.

# What builds Hospes and what runs guests, networks and images. libvirt-daemon-system brings the user libvirt-qemu.
quickstart_packages="openjdk-17-jdk-headless maven
  libvirt-daemon libvirt-daemon-system libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 qemu-utils
  dnsmasq-base nftables iptables iproute2 genisoimage e2fsprogs
  busybox-static grub-pc-bin grub-common mtools cpio lzop lz4 xz-utils
  openssl curl jq procps globus-proxy-utils ca-certificates"
# What only tests need: a second opinion on proxies, VOMS and SOAP, and a PostgreSQL with or without Docker.
test_packages="voms-clients python3-zeep python3-xmlsec postgresql-15 docker.io debootstrap shellcheck git"

# What xen-node.sh needs beside the quickstart's: nodes that are Xen hosts, in emulation.
xen_packages="debootstrap lz4 xz-utils e2fsprogs qemu-system-x86 qemu-utils seabios openssh-client python3-minimal jq"

# as_root CMD...: by sudo if need be.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

missing_packages() {
  local package
  for package in "$@"; do
    # A JDK of any age and any Maven on the PATH serve as well as Debian's.
    case $package in
      openjdk-17-jdk-headless) if command -v javac >/dev/null; then continue; fi ;;
      maven) if command -v mvn >/dev/null; then continue; fi ;;
    esac
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || echo "$package"
  done
}

# install_packages PACKAGE...: those of them that are missing. Needs root, sudo, or a person who types the line.
install_packages() {
  local missing policy=/usr/sbin/policy-rc.d mine=0
  # shellcheck disable=SC2046 # a list of names
  missing=$(missing_packages "$@" | xargs)
  # Plain libvirt-daemon-system would pull systemd onto a machine that has another init.
  if [[ " $missing " == *" libvirt-daemon-system "* ]] && [ ! -d /run/systemd/system ]; then
    missing+=" libvirt-daemon-system-sysv"
  fi
  if grep -qs control_d /proc/xen/capabilities; then
    missing+=" $(missing_packages libvirt-daemon-driver-xen)"
  fi
  missing=$(echo "$missing" | xargs)
  [ -n "$missing" ] || return 0
  local line="apt-get install -y --no-install-recommends $missing"
  command -v apt-get >/dev/null || die "these Debian packages (or what your system calls them) are missing: $missing"
  if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null && ! { [ -t 0 ] && command -v sudo >/dev/null; }; then
    die "packages are missing, and this is neither root nor allowed to use sudo. Type:
  sudo $line"
  fi
  say "installing: $missing"
  # None of these packages' services is wanted here: the lab runs its own, in namespaces, and the machine's
  # network stays as it is. Debian asks policy-rc.d before it starts one.
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 0755 "$policy"
    mine=1
  fi
  local log=$HOSPES_CACHE/apt.log failed=0
  mkdir -p "$HOSPES_CACHE"
  # shellcheck disable=SC2086
  if ! as_root env DEBIAN_FRONTEND=noninteractive $line >"$log" 2>&1; then
    # Package lists may be missing or old.
    as_root apt-get update >>"$log" 2>&1 || true
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive $line >>"$log" 2>&1 || failed=1
  fi
  [ "$mine" = 0 ] || as_root rm -f "$policy"
  [ "$failed" = 0 ] || { tail -15 "$log" >&2; die "installing packages failed; the whole log: $log"; }
}

# The tiny guest's kernel comes out of a package that is not installed, so apt must know it.
know_kernel_package() {
  apt-cache show linux-image-cloud-amd64 >/dev/null 2>&1 || as_root apt-get -qq update >&2 || true
}
