#!/usr/bin/env bash
# xen-disk.sh: prints the directory of a Xen host that can be booted: disk.qcow2, xen, vmlinux, initrd.
#
# Made once, out of what xen-root.sh unpacked; the scripts' digest is its name, so a changed script makes another.
# The disk has no boot loader and no partitions: QEMU hands Xen, kernel and initrd over. What an operator would
# set up on a real host is in `configure`, and what only an emulated throw-away host needs in `adapt_to_the_lab`.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

loader_tool=$repository_root/packaging/src/bin/xen-loader
size=16G                     # of the disk as the host sees it; the file holds what is written

# configure ROOT: see docs/operations/xen-node.md, which says the same to an operator.
configure() {
  local root=$1
  # Consoles of guests, one log each: /var/log/xen/console/guest-NAME.log, where node-agent reads them.
  mkdir -p "$root/var/log/xen/console"
  sed -i '/^XENCONSOLED_ARGS=/d' "$root/etc/default/xen"
  echo 'XENCONSOLED_ARGS="--log=guest"' >> "$root/etc/default/xen"
  # Without Xen's own daemons libvirtd finds no Xen and does not look again.
  mkdir -p "$root/etc/systemd/system/libvirtd.service.d"
  printf '[Unit]\nRequires=xen.service\nAfter=xen.service\n' > "$root/etc/systemd/system/libvirtd.service.d/xen.conf"
  # Root alone speaks to libvirt, over its own socket; there is no port. The sockets are systemd's, which gives them
  # modes of its own and not those of libvirtd.conf.
  local unit
  for unit in libvirtd libvirtd-ro; do
    mkdir -p "$root/etc/systemd/system/$unit.socket.d"
    printf '[Socket]\nSocketMode=0600\n' > "$root/etc/systemd/system/$unit.socket.d/hospes.conf"
  done
  cat >> "$root/etc/libvirt/libvirtd.conf" <<END
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_ro_perms = "0700"
unix_sock_rw_perms = "0700"
host_uuid_source = "machine-id"
END
  # dom0's memory is fixed (dom0_mem=), so libxl need not take it away from dom0 for a guest.
  echo 'autoballoon = 0' >> "$root/etc/libvirt/libxl.conf"
  # Guests are started by the agent and by nothing else, and the package's own network is nobody's.
  rm -f "$root"/etc/libvirt/qemu/networks/autostart/* "$root"/etc/libvirt/libxl/autostart/*
  chroot "$root" systemctl -q mask libvirt-guests.service xendomains.service
  # Its driver must be there before the first guest; the rest comes with xen.service.
  printf '%s\n' xen-netback tun > "$root/etc/modules-load.d/hospes.conf"
  echo 'net.ipv4.ip_forward = 1' > "$root/etc/sysctl.d/hospes.conf"
  mkdir -m 0711 "$root/var/lib/hospes"
  # What boots guests from inside.
  install -m 0755 "$loader_tool" "$root/tmp/xen-loader"
  chroot "$root" /tmp/xen-loader >/dev/null
  rm "$root/tmp/xen-loader"
  # The uplink has one name on all nodes; on a real host match its MAC address instead.
  printf '[Match]\nDriver=virtio_net\n[Link]\nName=up0\n' > "$root/etc/systemd/network/10-up0.link"
}

adapt_to_the_lab() {
  local root=$1 unit
  # libvirt describes the host's CPU by one of its models and finds none under emulation: QEMU's CPUs have no VME,
  # and Xen hides SEP from dom0, while each model lists both.
  find "$root/usr/share/libvirt/cpu_map" -name 'x86_*.xml' ! -name x86_features.xml \
    -exec sed -i "/<feature name=.\(vme\|sep\).\/>/d" {} +
  # Who a host is comes after it was resumed (see xen-identity), so nothing that shows it starts before.
  install -m 0755 "$lab_home/xen-identity" "$root/usr/local/sbin/xen-identity"
  cat > "$root/etc/systemd/system/xen-identity.service" <<END
[Unit]
Description=Identity of this host of the lab
ConditionPathExists=/etc/lab/identity
After=xen.service local-fs.target
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/xen-identity become
[Install]
WantedBy=multi-user.target
END
  rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id"
  # Empty, not missing: that would be a first boot to systemd, which then enables whatever a package brought.
  : > "$root/etc/machine-id"
  echo xenhost > "$root/etc/hostname"
  printf '127.0.0.1 localhost xenhost\n' > "$root/etc/hosts"
  : > "$root/etc/resolv.conf"
  echo '/dev/vda / ext4 noatime 0 0' > "$root/etc/fstab"
  # The lab's way in. A key alone opens it; without PAM, which would ask a logind that is not there.
  printf 'UsePAM no\nPasswordAuthentication no\nHostKey /etc/ssh/ssh_host_ed25519_key\n' > "$root/etc/ssh/sshd_config.d/lab.conf"
  chroot "$root" systemctl -q enable xen-identity.service
  chroot "$root" systemctl -q disable ssh.service libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket \
    systemd-networkd.service nftables.service
  # Work in the background that a host of a few minutes does not need and an emulated CPU feels.
  for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
      fstrim.timer systemd-timesyncd.service systemd-logind.service systemd-random-seed.service systemd-machined.service \
      lvm2-monitor.service getty@tty1.service serial-getty@hvc0.service console-getty.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
}

# unpack_boot_files ROOT DIR: Xen, kernel and initrd as they will lie in memory; the emulated CPU would take its
# time over that.
unpack_boot_files() {
  local root=$1 directory=$2
  gzip -dc "$root"/boot/xen-4.17-amd64.gz > "$directory/xen"
  unpack_kernel "$root"/boot/vmlinuz-* > "$directory/vmlinux"
  lz4 -dcq "$root"/boot/initrd.img-* > "$directory/initrd"
}

key=$(cat "$lab_home"/xen-{root,disk}.sh "$lab_home/xen-identity" "$loader_tool" | sha256sum | cut -c1-16)
made=$HOSPES_CACHE/xen-host-$key
if [ -d "$made" ]; then echo "$made"; exit 0; fi
need_root
mkdir -p "$HOSPES_CACHE"
exec 7>"$HOSPES_CACHE/xen-disk.lock"; flock 7
if [ -d "$made" ]; then echo "$made"; exit 0; fi
packages=$("$lab_home/xen-root.sh")
say "making the disk of a Xen host"
work=$(mktemp -d "$HOSPES_CACHE/xen-host.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -a --reflink=auto "$packages" "$work/root"
unpack_boot_files "$work/root" "$work"
rm -f "$work"/root/boot/initrd.img-*
configure "$work/root"
adapt_to_the_lab "$work/root"
# verity: the agent has the kernel enforce a cached image's digest where the file system can.
truncate -s "$size" "$work/disk"
mkfs.ext4 -q -O verity -E lazy_itable_init=1,lazy_journal_init=1 -d "$work/root" "$work/disk"
qemu-img convert -O qcow2 "$work/disk" "$work/disk.qcow2"
rm -rf "$work/root" "$work/disk"
chmod 0755 "$work"; chmod 0444 "$work"/*
# Earlier ones are of no further use; a host that runs on one holds it open.
rm -rf "$HOSPES_CACHE"/xen-host-*
mv -T "$work" "$made"
echo "$made"
