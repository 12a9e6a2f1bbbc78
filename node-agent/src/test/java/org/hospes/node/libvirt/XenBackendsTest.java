package org.hospes.node.libvirt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.OpenFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class XenBackendsTest {
  @TempDir Path devices;

  private void backend(String name, String device, String mode) throws Exception {
    Path folder = Files.createDirectory(devices.resolve(name));
    Files.writeString(folder.resolve("physical_device"), device + "\n");
    Files.writeString(folder.resolve("mode"), mode + "\n");
  }

  private List<OpenFile> of(int domain) throws HypervisorException {
    return new XenBackends(devices, Duration.ZERO).devices(domain);
  }

  /** The kernel writes both numbers in hexadecimal. */
  @Test
  void whatTheKernelServesToADomain() throws Exception {
    backend("vbd-4-51712", "fd:1f", "w");
    backend("vbd-4-51728", "fd:10003", "r");
    backend("vbd-41-51712", "fd:5", "w");
    backend("vif-4-0", "fd:6", "w");
    assertEquals(
        List.of(
            OpenFile.device(253, 31, "vbd-4-51712", true),
            OpenFile.device(253, 0x10003, "vbd-4-51728", false)),
        of(4).stream().sorted((a, b) -> a.path().compareTo(b.path())).toList());
    assertEquals(List.of(), of(5));
  }

  @Test
  void aDeviceHasTheNumberThatStatTells() {
    assertEquals(0xfd1f, OpenFile.device(253, 31, "", true).device());
    assertEquals(0x1000fd03L, OpenFile.device(253, 0x10003, "", true).device());
  }

  @Test
  void oneThatCannotBeToldIsNotLeftOut() throws Exception {
    Files.createDirectory(devices.resolve("vbd-4-51712"));
    HypervisorException told = assertThrows(HypervisorException.class, () -> of(4));
    assertEquals(HypervisorException.Kind.UNKNOWABLE, told.kind());
    backend("vbd-5-51712", "none", "w");
    assertThrows(HypervisorException.class, () -> of(5));
  }
}
