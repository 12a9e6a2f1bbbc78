package org.hospes.node.libvirt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;

/**
 * The rates of a guest's disks on Xen, where a QEMU of its own serves them. Libvirt's Xen driver
 * keeps {@code <iotune>} in the document and does nothing with it, and libxl has no words for it;
 * but that QEMU can do it, and says so on the monitor that libxl opens for its statistics, which
 * nobody uses but {@code xentop}.
 *
 * @param monitors where the monitors' sockets lie
 */
record XenThrottle(Path monitors) {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Where libxl makes them. */
  static XenThrottle here() {
    return new XenThrottle(Path.of("/var/run/xen"));
  }

  /** A disk: by what QEMU knows it, and its rates. */
  private record Served(String device, DiskRate rate) {}

  OptionalLong read(int number) throws HypervisorException {
    try (DeviceModelMonitor monitor = open(number)) {
      return DiskRate.together(disks(monitor).stream().map(Served::rate).toList());
    } catch (IOException e) {
      throw failed(number, e);
    }
  }

  void set(int number, OptionalLong rate) throws HypervisorException {
    try (DeviceModelMonitor monitor = open(number)) {
      for (Served disk : disks(monitor)) {
        ObjectNode words = monitor.words().put("id", disk.device());
        words.put("bps", 0).put("iops", 0).put("iops_rd", 0).put("iops_wr", 0);
        words.put("bps_rd", rate.orElse(0)).put("bps_wr", rate.orElse(0));
        if (rate.isPresent()) {
          words.put("group", DiskRate.GUEST);
        }
        monitor.ask("block_set_io_throttle", words);
      }
    } catch (IOException e) {
      throw failed(number, e);
    }
  }

  private DeviceModelMonitor open(int number) throws IOException {
    return DeviceModelMonitor.open(monitors.resolve("qmp-libxenstat-" + number), PATIENCE);
  }

  private static List<Served> disks(DeviceModelMonitor monitor) throws IOException {
    List<Served> found = new ArrayList<>();
    for (JsonNode block : monitor.ask("query-block", monitor.words())) {
      JsonNode medium = block.path("inserted");
      if (!medium.isObject()) {
        continue;
      }
      found.add(
          new Served(
              block.path("qdev").asText(),
              new DiskRate(
                  medium.path("group").asText(""),
                  medium.path("bps_rd").asLong(),
                  medium.path("bps_wr").asLong())));
    }
    if (found.isEmpty()) {
      throw new IOException("it serves no disk");
    }
    return found;
  }

  private static HypervisorException failed(int number, IOException e) {
    return new HypervisorException(
        Kind.FAILED,
        "the rates of the disks of Xen's domain "
            + number
            + " cannot be told to its device model or read from it: "
            + e.getMessage(),
        Map.of("domain", Integer.toString(number)),
        e);
  }
}
