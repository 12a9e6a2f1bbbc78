package org.hospes.node.libvirt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.hospes.image.DiskFormat;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestBoot;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.hypervisor.GuestInterface;
import org.hospes.node.hypervisor.GuestMetadata;
import org.hospes.node.hypervisor.GuestOwner;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.libvirt.LibvirtSettings.XenBoot;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;
import org.hospes.node.libvirt.LibvirtSettings.XenSettings;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.w3c.dom.Element;

/** The documents are checked against libvirt's own schema, by libvirt. */
final class DomainWriterTest {
  private static final UUID ID = UUID.fromString("8d0ea1d0-52c3-4a0c-9d66-5b2a5b4f0a01");
  private static final String NASTY = "/C=XX/O=<a href='x'>&amp;\"/CN=]]>--";

  private static Connect libvirt;

  @BeforeAll
  static void connect() throws LibvirtException {
    EventLoop.start();
    libvirt = new Connect("test:///default");
  }

  @AfterAll
  static void close() throws LibvirtException {
    libvirt.close();
  }

  static List<DomainWriter> writers() {
    return List.of(
        new QemuDomain(false, new GuestOwner(64055, 64055)),
        new QemuDomain(true, new GuestOwner(64055, 64055)),
        new XenDomain(XenSettings.usual(XenKind.PV)),
        new XenDomain(XenSettings.usual(XenKind.PVH)),
        new XenDomain(pygrub(XenKind.PV)),
        new XenDomain(pygrub(XenKind.PVH)),
        new TestDomain());
  }

  private static XenSettings pygrub(XenKind kind) {
    XenSettings usual = XenSettings.usual(kind);
    return new XenSettings(
        kind,
        XenBoot.PYGRUB,
        usual.pvLoader(),
        usual.pvhLoader(),
        usual.pygrub(),
        usual.consoleDirectory());
  }

  private static GuestSpec spec(GuestBoot boot) {
    Path folder = Path.of("/var/lib/hospes/node/a & b/<c>");
    return new GuestSpec(
        ID,
        GuestSpec.nameOf(ID),
        2,
        512L << 20,
        OptionalInt.of(2048),
        List.of(
            GuestDisk.overlay(
                folder.resolve("overlay.qcow2"),
                new DiskLayer(folder.resolve("base.qcow2"), DiskFormat.QCOW2)),
            GuestDisk.writable(folder.resolve("scratch")),
            GuestDisk.readOnly(folder.resolve("seed.iso"))),
        new GuestInterface("hospes0", "hg8d0ea1d0", "52:54:00:01:02:03"),
        boot,
        folder.resolve("console.log"),
        new GuestMetadata(ID, NASTY, Instant.parse("2026-11-20T14:00:00Z"), "db-1"));
  }

  private static GuestSpec ownLoader() {
    return spec(new GuestBoot.OwnLoader());
  }

  private static GuestSpec siteKernel() {
    return spec(
        new GuestBoot.SiteKernel(
            Path.of("/etc/hospes/kernels/vmlinuz"),
            Optional.of(Path.of("/etc/hospes/kernels/initrd")),
            "root=/dev/vda ro x=\"<&>\""));
  }

  @ParameterizedTest
  @MethodSource("writers")
  void theDocumentKeepsLibvirtsSchema(DomainWriter writer) {
    for (GuestSpec spec : List.of(ownLoader(), siteKernel())) {
      for (boolean shares : new boolean[] {true, false}) {
        assertValid(writer.write(spec, shares));
      }
    }
  }

  /** Only the test driver's own document goes through; of the others the schema alone is judged. */
  private static void assertValid(String xml) {
    try {
      Domain domain = libvirt.domainCreateXML(xml, Domain.CreateFlags.VALIDATE);
      domain.destroy();
      domain.free();
    } catch (LibvirtException e) {
      assertNotEquals(
          ErrorNumber.VIR_ERR_XML_INVALID_SCHEMA, LibvirtErrors.number(e), e.getMessage() + xml);
      assertTrue(
          e.getMessage().contains("domain type") || e.getMessage().contains("domaintype"),
          e.getMessage());
    }
  }

  @Test
  void theSchemaIsReallyLookedAt() {
    String xml = new TestDomain().write(ownLoader(), false).replace("on_crash", "on_cash");
    LibvirtException e =
        org.junit.jupiter.api.Assertions.assertThrows(
            LibvirtException.class,
            () -> libvirt.domainCreateXML(xml, Domain.CreateFlags.VALIDATE));
    assertEquals(ErrorNumber.VIR_ERR_XML_INVALID_SCHEMA, LibvirtErrors.number(e), e.getMessage());
  }

  @ParameterizedTest
  @MethodSource("writers")
  void nothingRestartsAGuest(DomainWriter writer) {
    Element domain = DomainFacts.root(writer.write(ownLoader(), true));
    for (String event : List.of("on_poweroff", "on_reboot", "on_crash")) {
      assertEquals("destroy", only(domain, event).getTextContent());
    }
  }

  @ParameterizedTest
  @MethodSource("writers")
  void everyLayerIsWrittenOutWithItsFormatAndTheLastSaysThatItIsTheLast(DomainWriter writer) {
    Element domain = DomainFacts.root(writer.write(ownLoader(), true));
    List<Element> disks = DomainFacts.descendants(domain, null, "disk");
    assertEquals(3, disks.size());
    for (Element disk : disks) {
      assertFalse(only(disk, "driver").getAttribute("type").isEmpty());
      List<Element> backing = DomainFacts.descendants(disk, null, "backingStore");
      Element last = backing.get(backing.size() - 1);
      assertFalse(last.hasChildNodes());
      assertFalse(last.hasAttributes());
    }
    assertEquals(
        List.of("base.qcow2", "qcow2"),
        List.of(
            Path.of(
                    DomainFacts.descendants(disks.get(0), null, "source")
                        .get(1)
                        .getAttribute("file"))
                .getFileName()
                .toString(),
            only(disks.get(0), "format").getAttribute("type")));
    assertEquals(
        List.of(0, 0, 1),
        disks.stream().map(d -> DomainFacts.descendants(d, null, "readonly").size()).toList());
  }

  @ParameterizedTest
  @MethodSource("writers")
  void whatIsWrittenIsWhatIsReadBack(DomainWriter writer) {
    GuestSpec spec = ownLoader();
    DomainFacts facts = DomainFacts.parse(writer.write(spec, true));
    assertEquals(ID.toString(), facts.uuid());
    assertEquals(spec.name(), facts.name());
    assertEquals(List.of("hg8d0ea1d0"), facts.devices());
    assertEquals(
        Optional.of(new DomainFacts.Papers(spec.metadata(), spec.fingerprint())), facts.papers());
  }

  @Test
  void aGuestOnQemuIsRelabelledNowhereAndRunsAsTheUserGiven() {
    Element domain =
        DomainFacts.root(
            new QemuDomain(false, new GuestOwner(64055, 108)).write(siteKernel(), true));
    Element label = only(domain, "seclabel");
    assertEquals("static", label.getAttribute("type"));
    assertEquals("dac", label.getAttribute("model"));
    assertEquals("no", label.getAttribute("relabel"));
    assertEquals("+64055:+108", only(label, "label").getTextContent());
  }

  @Test
  void xenBootsADisksOwnLoaderByTheSitesGrubInsideTheGuest() {
    Element pv =
        DomainFacts.root(new XenDomain(XenSettings.usual(XenKind.PV)).write(ownLoader(), true));
    assertEquals("/usr/local/lib/hospes/grub-xen-pv.bin", only(pv, "kernel").getTextContent());
    assertEquals("xenpv", only(pv, "type").getAttribute("machine"));
    assertEquals(List.of(), DomainFacts.descendants(pv, null, "bootloader"));
    Element pvh =
        DomainFacts.root(new XenDomain(XenSettings.usual(XenKind.PVH)).write(ownLoader(), true));
    assertEquals("/usr/local/lib/hospes/grub-xen-pvh.bin", only(pvh, "kernel").getTextContent());
    assertEquals("xenpvh", only(pvh, "type").getAttribute("machine"));
    assertEquals(
        List.of("xvda", "xvdb", "xvdc"),
        DomainFacts.descendants(pvh, null, "disk").stream()
            .map(disk -> only(disk, "target").getAttribute("dev"))
            .toList());
  }

  @Test
  void xenLetsPygrubReadADiskOnlyIfTheOperatorChoseIt() {
    XenDomain writer = new XenDomain(pygrub(XenKind.PV));
    Element own = DomainFacts.root(writer.write(ownLoader(), true));
    assertEquals("/usr/lib/xen-4.17/bin/pygrub", only(own, "bootloader").getTextContent());
    assertEquals(List.of(), DomainFacts.descendants(own, null, "kernel"));
    Element kernel = DomainFacts.root(writer.write(siteKernel(), true));
    assertEquals(List.of(), DomainFacts.descendants(kernel, null, "bootloader"));
  }

  @Test
  void aWeightIsCountedAsTheHypervisorCounts() {
    String qemu = new QemuDomain(false, new GuestOwner(64055, 108)).write(ownLoader(), true);
    assertEquals("2048", only(DomainFacts.root(qemu), "shares").getTextContent());
    String xen = new XenDomain(XenSettings.usual(XenKind.PV)).write(ownLoader(), true);
    assertEquals("256", only(DomainFacts.root(xen), "shares").getTextContent());
  }

  @Test
  void xenGetsAReadOnlyDiskAsACdromSinceItDropsADiskThatIsReadOnly() {
    for (XenKind kind : XenKind.values()) {
      Element domain =
          DomainFacts.root(new XenDomain(XenSettings.usual(kind)).write(ownLoader(), true));
      assertEquals(
          List.of("disk", "disk", "cdrom"),
          DomainFacts.descendants(domain, null, "disk").stream()
              .map(disk -> disk.getAttribute("device"))
              .toList());
    }
  }

  @Test
  void copiedPapersMakeNobodysDomainOurs() {
    String xml = new TestDomain().write(ownLoader(), true);
    String other = xml.replace("<uuid>" + ID, "<uuid>" + UUID.randomUUID());
    assertNotEquals(xml, other);
    assertEquals(Optional.empty(), DomainFacts.parse(other).papers());
  }

  @Test
  void aFingerprintTellsGuestsApartAndForgetsLeases() {
    GuestSpec spec = ownLoader();
    GuestSpec longer =
        new GuestSpec(
            spec.id(),
            spec.name(),
            spec.cpus(),
            spec.memoryBytes(),
            spec.cpuShares(),
            spec.disks(),
            spec.network(),
            spec.boot(),
            spec.consoleLog(),
            new GuestMetadata(ID, NASTY, Instant.parse("2027-01-01T00:00:00Z"), "db-1"));
    assertEquals(spec.fingerprint(), longer.fingerprint());
    assertNotEquals(spec.fingerprint(), siteKernel().fingerprint());
  }

  private static Element only(Element parent, String name) {
    // Direct children first: <type> and <kernel> also occur deeper.
    List<Element> found = DomainFacts.descendants(parent, null, name);
    if (found.isEmpty()) {
      throw new AssertionError("no <" + name + ">");
    }
    return found.get(0);
  }
}
