#!/usr/bin/env bash
# probe-hypervisor.sh: prints xen, kvm or qemu (emulation), whichever really works here; why, on stderr.
#
# A /dev/kvm that can be opened proves nothing: inside some virtual machines it opens, libvirt lists it, and no
# kernel ever boots. So a guest is booted, and must have spoken within a few seconds.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

limit=6    # seconds; with a working KVM the guest has spoken after one, unless the machine is very busy

if grep -qs control_d /proc/xen/capabilities; then
  say "hypervisor: xen (this is dom0)"; echo xen; exit
fi
if [ ! -e /dev/kvm ]; then
  say "hypervisor: emulation (there is no /dev/kvm)"; echo qemu; exit
fi
if [ ! -r /dev/kvm ] || [ ! -w /dev/kvm ]; then
  say "hypervisor: emulation ($(id -un) may not open /dev/kvm)"; echo qemu; exit
fi
"$lab_home/tiny-kernel.sh" "$HOSPES_CACHE/tiny"
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
# -k: a QEMU that hangs in the kernel's KVM code does not listen to a polite signal.
# In a subshell without stderr: QEMU may abort where KVM is half there, and bash would tell.
(timeout -k 1 "$limit" qemu-system-x86_64 -accel kvm -m 128 -nodefaults -display none -no-reboot \
  -kernel "$HOSPES_CACHE/tiny/vmlinuz" -initrd "$HOSPES_CACHE/tiny/initrd" \
  -append "console=ttyS0,115200 quiet panic=-1 hospes.probe" -serial file:"$answer" \
  </dev/null >/dev/null 2>&1 || true) 2>/dev/null
if grep -q HOSPES-PROBE "$answer"; then
  say "hypervisor: kvm (a probe guest booted)"; echo kvm
else
  say "hypervisor: emulation (/dev/kvm opens, but a probe guest did not boot within $limit s)"; echo qemu
fi
