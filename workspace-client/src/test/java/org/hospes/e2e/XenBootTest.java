package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Every way in which a guest comes up on Xen, and what is said when it cannot. Last of all, since
 * it leaves the agent with another way than it was raised with: one that is started costs the
 * better part of a minute.
 */
@Tag("xen")
@ExtendWith(SiteExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Order(Integer.MAX_VALUE)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class XenBootTest {
  private static final String GRUB = "Welcome to GRUB";
  private static final String CONFIGURATION = "/etc/hospes/node-agent.yaml";

  /** As xen-node.md has it. */
  private static final String CONFINE_PYGRUB =
      """
      set -e
      id -u xen-qemuuser-range-base || useradd --system --uid 131072 --no-create-home --shell /usr/sbin/nologin xen-qemuuser-range-base
      printf '[Service]\\nEnvironment=LIBXL_BOOTLOADER_RESTRICT=1\\n' > /etc/systemd/system/libvirtd.service.d/pygrub.conf
      modprobe xen-blkfront
      echo 'SUBSYSTEM=="block", KERNEL=="xvd*", MODE="0644"' > /etc/udev/rules.d/60-hospes-pygrub.rules
      udevadm control --reload
      systemctl daemon-reload
      systemctl restart libvirtd
      """;

  /** Notes as whom the program reads that the hypervisor's library starts. */
  private static final String WATCH_PYGRUB =
      """
      for i in $(seq 6000); do
        for pid in $(pgrep -f bin/pygrub); do
          uid=$(stat -c %u /proc/$pid 2>/dev/null) && [ "$uid" != 0 ] && { echo "$uid"; exit 0; }
        done
      done
      """;

  private final Site site;
  private final Guests guests;
  private final XenGuests xen;
  private Guests.Published own;

  XenBootTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
    this.xen = new XenGuests(site);
  }

  private void write(String text) throws Exception {
    Path file = site.directory().resolve("run/node-agent.yaml");
    Files.writeString(file, text);
    xen.copy(file, CONFIGURATION);
  }

  private void configure(String text) throws Exception {
    site.cluster("stop", XenGuests.NODE).orFail();
    write(text);
    site.cluster("start", XenGuests.NODE).orFail();
    site.cluster("wait", XenGuests.NODE).orFail();
    site.awaitNodes();
  }

  /** The bytes that every test's image has, which the node has fetched, under another name. */
  private Path sameBytes(String name) throws Exception {
    Path disk = guests.published().file();
    return Files.copy(disk, disk.resolveSibling(name + "-" + disk.getFileName()));
  }

  private Guests.Published ofItsOwnLoader() throws Exception {
    if (own == null) {
      own = guests.classic(sameBytes("own"));
    }
    return own;
  }

  /**
   * By its label, wherever it is plugged in: name, key and user data are there and nowhere else.
   */
  private static void readItsSeed(String page) {
    assertTrue(page.contains("hello from seeded ip="), page);
    assertTrue(page.contains("user-data: #!/bin/sh"), page);
    assertTrue(page.contains("ssh-keys: 1"), page);
    assertTrue(page.contains("seed: /dev/xvdb disks: xvda xvdb"), page);
  }

  /** What its console has until it is destroyed. */
  private String runs(Guests.Published image) throws Exception {
    Path key = Files.writeString(site.directory().resolve("run/key.pub"), "ssh-ed25519 AAAA ada\n");
    Path script = Files.writeString(site.directory().resolve("run/seed.sh"), "#!/bin/sh\n");
    JsonNode workspace =
        guests.running(
            image.reference(),
            "--forward",
            "80",
            "--name",
            "seeded",
            "--ssh-key",
            key.toString(),
            "--user-data",
            script.toString());
    String page = Guests.page(workspace);
    assertTrue(page.contains("ip=" + workspace.path("address").asText()), page);
    readItsSeed(page);
    String id = workspace.path("id").asText();
    // Its last word, a moment after its page.
    Site.await("it to say so", XenGuests.LONG, () -> console(id).contains("HOSPES-GUEST ready"));
    String console = console(id);
    xen.destroy(workspace);
    return console;
  }

  private String console(String id) throws Exception {
    TypedCommand.Outcome console = site.workspace(site.ada(), "console", id);
    assertEquals(0, console.exit(), console.err());
    return console.out();
  }

  /** As the lab's nodes are configured. */
  @Test
  @Order(1)
  void byItsOwnLoaderAndByAKernelOfTheSite() throws Exception {
    String itsOwn = runs(ofItsOwnLoader());
    assertTrue(itsOwn.contains(GRUB), itsOwn);
    String ofTheSite = runs(guests.published());
    assertFalse(ofTheSite.contains(GRUB), ofTheSite);
    unknownKernelIsRefusedBeforeThereIsADomain();
  }

  /** What it alters is there again when the agent is started the next time. */
  @Test
  @Order(3)
  void pvByPygrubWhereItIsConfined() throws Exception {
    String before = site.at(XenGuests.NODE, "cat", CONFIGURATION).orFail().out();
    String kind = "  xen-kind: " + Site.XEN_KIND + "\n";
    assertTrue(before.contains(kind), before);
    site.at(XenGuests.NODE, "sh", "-c", CONFINE_PYGRUB).orFail();
    // Which does not start, had libvirtd not got it from its unit.
    configure(before.replace(kind, "  xen-kind: pv\n  xen-boot: pygrub\n"));
    try {
      pvByPygrub();
    } finally {
      write(before);
    }
  }

  private void pvByPygrub() throws Exception {
    site.at(XenGuests.NODE, "sh", "-c", "(" + WATCH_PYGRUB + ") >/run/pygrub-user 2>/dev/null &");
    runs(ofItsOwnLoader());
    String user = site.at(XenGuests.NODE, "cat", "/run/pygrub-user").orFail().out().strip();
    assertTrue(Integer.parseInt(user) > 131_072, "pygrub ran as " + user);
  }

  private void unknownKernelIsRefusedBeforeThereIsADomain() throws Exception {
    Guests.Published image = guests.publishedFor("vms", sameBytes("vms"));
    TypedCommand.Outcome deployed = guests.deploy(image.reference());
    guests.assertRefused(deployed, 5, "image.boot.kernel-unknown");
    assertTrue(
        deployed.err().contains("the image's own boot loader, or one of the site's kernels tiny"),
        deployed.err());
    String console = "/var/log/xen/console/guest-hospes-" + idOf(deployed) + ".log";
    assertFalse(site.at(XenGuests.NODE, "test", "-e", console).exit() == 0, "it had a domain");
  }

  private static String idOf(TypedCommand.Outcome deployed) throws Exception {
    return Site.json(deployed.out()).path("id").asText();
  }

  /**
   * The guest makes its own disk one that nothing boots from, and puts a boot menu on its scratch
   * disk: that one must not be what boots.
   */
  @Test
  @Order(2)
  void aDiskWithNothingToBootIsAFailureWhateverIsOnTheScratchDisk() throws Exception {
    Path disk = site.directory().resolve("run/scratch.img");
    Path menu = site.directory().resolve("run/grub.cfg");
    Files.deleteIfExists(disk);
    Files.writeString(menu, "echo the scratch disk has booted\nwhile true; do sleep 60; done\n");
    site.shell().run("mformat", "-C", "-f", "720", "-i", disk.toString(), "::").orFail();
    site.shell().run("mmd", "-i", disk.toString(), "::/boot", "::/boot/grub").orFail();
    site.shell().run("mcopy", "-i", disk.toString(), menu.toString(), "::/boot/grub/").orFail();
    Path packed = site.directory().resolve("run/scratch.img.gz");
    site.shell().run("gzip", "-kf9", disk.toString()).orFail();
    String script =
        """
        #!/bin/sh
        echo %s | base64 -d | gunzip > /dev/xvdc
        dd if=/dev/zero of=/dev/xvda bs=1M seek=1 count=1 conv=notrunc
        sync
        echo "altered: $(dd if=/dev/xvdc bs=1 skip=54 count=5)"
        """
            .formatted(Base64.getEncoder().encodeToString(Files.readAllBytes(packed)));
    Path file = Files.writeString(site.directory().resolve("run/alters.sh"), script);
    JsonNode workspace =
        guests.running(
            ofItsOwnLoader().reference(),
            "--forward",
            "80",
            "--scratch",
            "4M",
            "--user-data",
            file.toString());
    String id = workspace.path("id").asText();
    Site.await(
        "the guest to have altered its disks",
        XenGuests.LONG,
        () ->
            Guests.answer(workspace, "/output")
                .filter(p -> p.contains("altered: FAT"))
                .isPresent());
    List<String> words = List.of("stop", "start");
    for (String word : words) {
      TypedCommand.Outcome done = site.workspace(site.ada(), word, id, "--wait");
      assertEquals(0, done.exit(), done.err());
    }
    Site.await(
        "its end", XenGuests.LONG, () -> site.show(id).path("state").asText().equals("FAILED"));
    JsonNode refusal = site.show(id).path("refusal");
    assertEquals("guest.boot.nothing", refusal.path("code").asText(), refusal.toString());
    String console = refusal.path("facts").path("console").asText();
    assertTrue(console.contains("No boot/grub/grub.cfg on the first disk"), console);
    assertFalse(console.contains("the scratch disk has booted"), console);
  }
}
