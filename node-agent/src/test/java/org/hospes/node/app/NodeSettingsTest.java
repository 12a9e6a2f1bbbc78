package org.hospes.node.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.hospes.node.disk.GuestVolumes;
import org.hospes.node.libvirt.LibvirtSettings.XenBoot;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;
import org.hospes.node.libvirt.LibvirtSettings.XenSettings;
import org.hospes.node.sandbox.GuestCaps;
import org.hospes.settings.InvalidSettingsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeSettingsTest {
  private static final String GOOD =
      """
      name: node1
      address: https://node1.example.org:9445
      service:
        address: https://service.example.org:9443
        dn: "/DC=org/DC=example/CN=service.example.org"
      repository-dn: "/DC=org/DC=example/CN=repo.example.org"
      image-policy: policy.yaml
      """;

  @TempDir Path folder;

  private NodeSettings read(String yaml) throws Exception {
    Files.writeString(
        folder.resolve("policy.yaml"),
        "forms: [cms]\nsigners: [{dn: '/DC=org/CN=Bob', vos: [demo]}]\n");
    return NodeSettings.read(Files.writeString(folder.resolve("node-agent.yaml"), yaml));
  }

  @Test
  void littleIsRequired() throws Exception {
    NodeSettings settings = read(GOOD);
    assertEquals("https://node1.example.org:9445/node", settings.address().toString());
    assertEquals("https://service.example.org:9443/registry", settings.serviceAddress().toString());
    assertEquals(9445, settings.listen().getPort());
    assertEquals(Path.of("/var/lib/hospes/node/images"), settings.cacheDirectory());
    assertEquals(30999, settings.network().lastPort());
    assertEquals(Duration.ofSeconds(10), settings.leaseGrace());
    assertTrue(settings.cpus().isEmpty());
    assertEquals(GuestCaps.NONE, settings.guestCaps());
  }

  @Test
  void everyMistakeIsToldWithKeyAndLine() {
    String bad =
        GOOD.replace("name: node1", "name: 'node one'")
                .replace("https://node1", "http://node1")
                .replace("image-policy", "image-polcy")
            + """
            cache: {max-size: much}
            network:
              bridge: hg0
              subnet: 192.168.0.0/8
              forward-ports: 30999-30000
            lease-grace: soon
            limits:
              guest-cpu-cap: 200
              guest-disk-rate: 1K
            """;
    InvalidSettingsException told = assertThrows(InvalidSettingsException.class, () -> read(bad));
    for (String part :
        new String[] {
          ":1: name:",
          ":2: address:",
          ":7: image-polcy:",
          "did you mean 'image-policy'",
          ":8: cache.max-size:",
          ":10: network.bridge:",
          ":11: network.subnet:",
          ":12: network.forward-ports:",
          ":13: lease-grace:",
          ":15: limits.guest-cpu-cap:",
          ":16: limits.guest-disk-rate:"
        }) {
      assertTrue(told.getMessage().contains(part), part + " in\n" + told.getMessage());
    }
  }

  @Test
  void xensLoadersAreTheSitesUnlessOthersAreNamed() throws Exception {
    XenSettings usual = read(GOOD).hypervisor().xen();
    assertEquals(XenBoot.LOADER, usual.boot());
    assertEquals(Path.of("/usr/local/lib/hospes/grub-xen-pv.bin"), usual.pvLoader());
    XenSettings named =
        read(GOOD
                + "hypervisor: {driver: xen, xen-kind: pv, xen-boot: pygrub, pvh-loader: /srv/grub.bin}\n")
            .hypervisor()
            .xen();
    assertEquals(
        new XenSettings(
            XenKind.PV,
            XenBoot.PYGRUB,
            usual.pvLoader(),
            Path.of("/srv/grub.bin"),
            usual.pygrub(),
            usual.consoleDirectory()),
        named);
  }

  @Test
  void disksAreFilesUnlessVolumesAreAskedFor() throws Exception {
    assertEquals(
        new DiskSettings(DiskSettings.Kind.FILES, Optional.empty(), GuestVolumes.Copy.SNAPSHOT),
        read(GOOD).disks());
    assertEquals(
        new DiskSettings(DiskSettings.Kind.LVM, Optional.of("guests"), GuestVolumes.Copy.DENSE),
        read(GOOD
                + "hypervisor: {driver: xen}\n"
                + "disks: {kind: lvm, volume-group: guests, copy: dense}\n")
            .disks());
  }

  @Test
  void volumesWhereTheyCannotBeAreAMistake() {
    InvalidSettingsException told =
        assertThrows(
            InvalidSettingsException.class,
            () -> read(GOOD + "disks: {kind: lvm}\nlimits: {guest-disk-rate: 10M}\n"));
    for (String part : new String[] {"guests on Xen only", "volume-group:", "guest-disk-rate"}) {
      assertTrue(told.getMessage().contains(part), part + " in\n" + told.getMessage());
    }
    assertTrue(
        assertThrows(
                InvalidSettingsException.class,
                () ->
                    read(
                        GOOD
                            + "hypervisor: {driver: xen}\n"
                            + "disks: {kind: lvm, volume-group: ../etc}\n"))
            .getMessage()
            .contains("'../etc' found"));
  }

  @Test
  void mistakesInThePolicyAreToldToo() {
    InvalidSettingsException told =
        assertThrows(
            InvalidSettingsException.class, () -> read(GOOD.replace("policy.yaml", "absent.yaml")));
    assertTrue(told.getMessage().contains("absent.yaml"), told.getMessage());
  }

  @Test
  void theSampleIsGoodWithAPolicyBesideIt() throws Exception {
    Path sample = Path.of("src/main/dist/etc/hospes/node-agent.yaml");
    String text = Files.readString(sample);
    assertEquals("node1", read(text + "\nimage-policy: policy.yaml\n").name());
    // Every key that stands in comments is one that is read.
    String all =
        text.lines()
            .map(line -> line.replaceFirst("^(\\s*)#([a-z]+[a-z-]*:.*|  +(- )?[a-z]+:.*)$", "$1$2"))
            .reduce("", (a, b) -> a + b + "\n")
            .replace("image-policy: /etc/hospes/image-policy.yaml", "image-policy: policy.yaml");
    NodeSettings settings = read(all);
    assertEquals(1, settings.kernels().size());
    assertEquals(16, settings.cpus().orElseThrow());
  }
}
