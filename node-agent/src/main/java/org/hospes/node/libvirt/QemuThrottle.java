package org.hospes.node.libvirt;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import org.hospes.node.hypervisor.HypervisorException;
import org.libvirt.Error;
import org.libvirt.jna.ConnectionPointer;
import org.libvirt.jna.DomainPointer;
import org.libvirt.jna.Libvirt;

/** The rates of a guest's disks on QEMU, through libvirt, which asks QEMU itself for them. */
final class QemuThrottle {
  private static final int LIVE = 1;
  private static final int STRINGS_TOO = 4;

  /** Parts of libvirt's library that libvirt-java does not bind. */
  interface Throttling extends Library {
    DomainPointer virDomainLookupByUUIDString(ConnectionPointer connection, String uuid);

    int virDomainFree(DomainPointer domain);

    int virDomainSetBlockIoTune(
        DomainPointer domain, String disk, Pointer parameters, int count, int flags);

    int virDomainGetBlockIoTune(
        DomainPointer domain, String disk, Pointer parameters, IntByReference count, int flags);

    void virTypedParamsClear(Pointer parameters, int count);
  }

  private interface Act<T> {
    T on(Throttling libvirt, DomainPointer domain) throws HypervisorException;
  }

  private QemuThrottle() {}

  /**
   * @param disks as the domain's document calls them
   */
  static OptionalLong read(OpenConnect connect, UUID id, List<String> disks)
      throws HypervisorException {
    return on(
        connect,
        id,
        (libvirt, domain) -> {
          List<DiskRate> rates = new ArrayList<>();
          for (String disk : disks) {
            rates.add(rate(libvirt, domain, disk));
          }
          return DiskRate.together(rates);
        });
  }

  private static DiskRate rate(Throttling libvirt, DomainPointer domain, String disk)
      throws HypervisorException {
    String doing = "read the rates of disk " + disk;
    IntByReference count = new IntByReference(0);
    require(doing, libvirt.virDomainGetBlockIoTune(domain, disk, null, count, LIVE | STRINGS_TOO));
    TypedParameters answer = new TypedParameters(count.getValue());
    require(
        doing,
        libvirt.virDomainGetBlockIoTune(domain, disk, answer.pointer(), count, LIVE | STRINGS_TOO));
    Map<String, Object> found = answer.read(count.getValue());
    libvirt.virTypedParamsClear(answer.pointer(), count.getValue());
    return new DiskRate(
        found.get("group_name") instanceof String group ? group : "",
        found.get("read_bytes_sec") instanceof Long read ? read : 0,
        found.get("write_bytes_sec") instanceof Long written ? written : 0);
  }

  static void set(OpenConnect connect, UUID id, List<String> disks, OptionalLong rate)
      throws HypervisorException {
    on(
        connect,
        id,
        (libvirt, domain) -> {
          for (String disk : disks) {
            TypedParameters wanted =
                new TypedParameters(3)
                    .with("read_bytes_sec", rate.orElse(0))
                    .with("write_bytes_sec", rate.orElse(0));
            if (rate.isPresent()) {
              wanted.with("group_name", DiskRate.GUEST);
            }
            require(
                "bound the rates of disk " + disk,
                libvirt.virDomainSetBlockIoTune(
                    domain, disk, wanted.pointer(), wanted.used(), LIVE));
          }
          return null;
        });
  }

  private static <T> T on(OpenConnect connect, UUID id, Act<T> act) throws HypervisorException {
    Throttling libvirt = Native.load("virt", Throttling.class);
    DomainPointer domain = libvirt.virDomainLookupByUUIDString(connect.pointer(), id.toString());
    if (domain == null) {
      throw LibvirtErrors.translate("find guest " + id, lastError());
    }
    try {
      return act.on(libvirt, domain);
    } finally {
      libvirt.virDomainFree(domain);
    }
  }

  private static void require(String doing, int status) throws HypervisorException {
    if (status != 0) {
      throw LibvirtErrors.translate(doing, lastError());
    }
  }

  private static Error lastError() {
    return new Error(Libvirt.INSTANCE.virGetLastError());
  }
}
