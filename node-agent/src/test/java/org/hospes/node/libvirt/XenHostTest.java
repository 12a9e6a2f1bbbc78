package org.hospes.node.libvirt;

import static org.hospes.node.hypervisor.HypervisorContract.assertKind;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.libvirt.LibvirtSettings.XenBoot;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;
import org.hospes.node.libvirt.LibvirtSettings.XenSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class XenHostTest {
  private static final XenHost WITH_PVH = new XenHost(4_017_000, 2, 1L << 30, true, "EPYC");
  private static final XenHost WITHOUT_PVH = new XenHost(4_017_000, 2, 1L << 30, false, "EPYC");

  @TempDir Path folder;

  private XenSettings settings(XenKind kind) {
    return settings(kind, XenBoot.LOADER);
  }

  private XenSettings settings(XenKind kind, XenBoot boot) {
    return new XenSettings(
        kind,
        boot,
        folder.resolve("pv.bin"),
        folder.resolve("pvh.bin"),
        folder.resolve("pygrub"),
        folder);
  }

  @Test
  void aHostSaysWhatItIs() {
    assertEquals("Xen 4.17 (pv)", WITH_PVH.capabilities(XenKind.PV, false).hypervisor());
    assertEquals(1L << 30, WITH_PVH.capabilities(XenKind.PV, false).memoryBytes());
    assertTrue(WITH_PVH.capabilities(XenKind.PV, false).guestOwner().isEmpty());
    assertEquals(
        Optional.of("xen 4.17 pvh EPYC"), WITH_PVH.capabilities(XenKind.PVH, true).machine());
  }

  @Test
  void whetherPvhRunsIsReadFromLibvirt() {
    String document =
        "<capabilities><host/><guest><os_type>xen</os_type></guest>"
            + "<guest><os_type>%s</os_type></guest></capabilities>";
    assertTrue(XenHost.offersPvh(document.formatted("xenpvh")));
    assertFalse(XenHost.offersPvh(document.formatted("hvm")));
  }

  @Test
  void pvhIsRefusedWhereTheProcessorCannot() throws Exception {
    Files.createFile(folder.resolve("pvh.bin"));
    WITH_PVH.requireGuests(settings(XenKind.PVH));
    assertKind(Kind.REFUSED, () -> WITHOUT_PVH.requireGuests(settings(XenKind.PVH)));
  }

  @Test
  void aLoaderThatIsMissingIsNamedWithWhatMakesIt() throws Exception {
    Files.createFile(folder.resolve("pvh.bin"));
    HypervisorException told =
        assertThrows(
            HypervisorException.class, () -> WITHOUT_PVH.requireGuests(settings(XenKind.PV)));
    assertEquals(Kind.REFUSED, told.kind());
    for (String part : List.of(folder + "/pv.bin", "xen-loader", "hypervisor.pv-loader")) {
      assertTrue(told.getMessage().contains(part), told.getMessage());
    }
    Files.createFile(folder.resolve("pv.bin"));
    WITHOUT_PVH.requireGuests(settings(XenKind.PV));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/var/log/libvirt/libxl/libxl-driver.log",
        "/var/log/libvirt/libxl/Domain-0.log",
        "/run/libvirt/network/nwfilter.leases",
        "/var/log/xen/qemu-dm-ws-1.log"
      })
  void whatLibvirtLeavesOpenIsKnown(String path) {
    assertTrue(XenHost.isOwnFile(path, "ws-1"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/var/log/libvirt/libxl/../../../lib/hospes/node/base.log",
        "/var/log/libvirt/libxl/deeper/Domain-0.log",
        "/var/log/libvirt/libxl/Domain-0.log (deleted)",
        "/var/log/libvirt/libxl/Domain-0.img",
        "/srv/var/log/libvirt/libxl/Domain-0.log",
        "/run/libvirt/network/nwfilter.leases.new",
        "/run/libvirt/network/nwfilterXleases",
        "/var/log/xen/qemu-dm-ws-2.log",
        "/var/log/xen/qemu-dm-ws-1.log.1",
        "/var/lib/hospes/node/guests/1/overlay.qcow2",
        "/dev/vda"
      })
  void anythingElseIsNot(String path) {
    assertFalse(XenHost.isOwnFile(path, "ws-1"));
  }

  @Test
  void whoChosePygrubNeedsNoLoaderButPygrub() throws Exception {
    XenSettings pygrub = settings(XenKind.PV, XenBoot.PYGRUB);
    HypervisorException told =
        assertThrows(HypervisorException.class, () -> WITHOUT_PVH.requireGuests(pygrub));
    assertTrue(told.getMessage().contains("hypervisor.pygrub"), told.getMessage());
    Files.createFile(folder.resolve("pygrub"));
    WITHOUT_PVH.requireGuests(pygrub);
  }

  @Test
  void pygrubIsTakenOnlyWhereItIsConfined() throws Exception {
    Path daemon = Files.writeString(folder.resolve("libvirtd.pid"), "77\n");
    Path users = Files.writeString(folder.resolve("passwd"), "root:x:0:0::/root:/bin/sh\n");
    Path environment = Files.createDirectory(folder.resolve("77")).resolve("environ");
    PygrubConfinement confinement =
        new PygrubConfinement(folder, List.of(folder.resolve("virtxend.pid"), daemon), users);
    String restricted = "PATH=/bin\0LIBXL_BOOTLOADER_RESTRICT=1\0";
    for (String bad :
        List.of("", "PATH=/bin\0", restricted, restricted + "LIBXL_BOOTLOADER_USER=x\0")) {
      Files.writeString(environment, bad);
      assertKind(Kind.REFUSED, confinement::require);
    }
    Files.writeString(users, "xen-qemuuser-range-base:x:131072:65534::/:/bin/false\n");
    assertKind(Kind.REFUSED, confinement::require);
    Files.writeString(environment, restricted);
    confinement.require();
  }
}
