package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What takes a real Xen, and Debian's kernel, run by the Java of the host's first domain. */
@Tag("xen")
@ExtendWith(SiteExtension.class)
class XenContractTest {
  private static final String THERE = "/var/lib/hospes/tests";

  /** The agent's, and those whose tests lend it people and images. */
  private static final List<String> MODULES =
      List.of("wsdl/trust", "wsdl/security", "image-repo/image", "node-agent");

  private static final List<String> JUNIT =
      List.of(
          "org.junit.jupiter.api.Test",
          "org.junit.jupiter.params.ParameterizedTest",
          "org.junit.jupiter.engine.JupiterTestEngine",
          "org.junit.platform.engine.TestEngine",
          "org.junit.platform.commons.JUnitException",
          "org.junit.platform.launcher.Launcher",
          "org.opentest4j.AssertionFailedError");

  private final Site site;

  XenContractTest(Site site) {
    this.site = site;
  }

  @Test
  void libvirtOnXenKeepsTheContractOfHypervisors() throws Exception {
    inFirstDomain(
        "org.hospes.node.libvirt.LibvirtXenContract",
        "org.hospes.node.sandbox.KilledOnXen",
        "org.hospes.node.imagecache.KernelVerityLabTest");
  }

  @Test
  void guestsDisksMayBeVolumes() throws Exception {
    inFirstDomain("org.hospes.node.disk.VolumesInDom0", "org.hospes.node.sandbox.GuestsOnVolumes");
  }

  private void inFirstDomain(String... tests) throws Exception {
    Path classes = Files.createDirectories(site.directory().resolve("run/contract"));
    for (String module : MODULES) {
      copy(site.module(module).resolve("target/test-classes"), classes);
    }
    for (String each : JUNIT) {
      Path jar =
          Path.of(Class.forName(each).getProtectionDomain().getCodeSource().getLocation().toURI());
      Files.copy(jar, classes.resolve(jar.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    }
    String kernel = classes.resolve("kernel").toString();
    site.shell().run("packaging/lab/tiny-kernel.sh", kernel).orFail();
    Map<String, String> lab = Map.of("HOSPES_LAB_DIR", site.directory().resolve("lab").toString());
    String copying = "packaging/lab/xen-node.sh";
    site.shell().run(lab, copying, "copy", XenGuests.NODE, classes.toString(), THERE).orFail();
    // Its own guests are none of the agent's, which would complain of them.
    site.cluster("stop", XenGuests.NODE).orFail();
    try {
      String run =
          "java -XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=20 -XX:+UseSerialGC"
              + " -cp '/var/lib/hospes/tests:/var/lib/hospes/tests/*:/opt/hospes/lib/*'"
              + " -Djava.io.tmpdir=/var/lib/hospes -Dhospes.tests.kernel=/var/lib/hospes/tests/kernel"
              + " org.hospes.node.libvirt.TestsByHand "
              + String.join(" ", tests);
      Shell.Result ran = site.at(XenGuests.NODE, "sh", "-c", run + " 2>&1");
      System.out.println(ran.out());
      assertEquals(0, ran.exit(), ran.out() + ran.err());
    } finally {
      site.at(XenGuests.NODE, "rm", "-rf", THERE);
      site.cluster("start", XenGuests.NODE).orFail();
      site.cluster("wait", XenGuests.NODE).orFail();
      site.awaitNodes();
    }
  }

  /** Only what the contract needs of them. */
  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = to.resolve(from.relativize(file));
        Files.createDirectories(target.getParent());
        Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }
}
