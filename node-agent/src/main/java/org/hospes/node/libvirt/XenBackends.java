package org.hospes.node.libvirt;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.hypervisor.OpenFile;

/**
 * The block devices that the first domain's kernel serves to guests, without a device model: what
 * the kernel's own driver says that it holds, not what it was told to.
 *
 * @param backends where the kernel shows them
 * @param patience for a device that is not opened yet
 */
record XenBackends(Path backends, Duration patience) {
  private static final Pattern DEVICE = Pattern.compile("([0-9a-f]{1,8}):([0-9a-f]{1,8})");
  private static final long PAUSE_MILLIS = 50;

  static XenBackends here() {
    return new XenBackends(Path.of("/sys/bus/xen-backend/devices"), Duration.ofSeconds(20));
  }

  /**
   * Of one domain.
   *
   * @throws HypervisorException {@link Kind#UNKNOWABLE} when one is not opened in time
   */
  List<OpenFile> devices(int domain) throws HypervisorException {
    List<OpenFile> found = new ArrayList<>();
    if (!Files.isDirectory(backends)) {
      return found;
    }
    try (DirectoryStream<Path> all = Files.newDirectoryStream(backends, "vbd-" + domain + "-*")) {
      for (Path backend : all) {
        found.add(opened(backend));
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw unknowable(backends, e);
    }
    return found;
  }

  /** The device is there once the driver has it; Xen's library may be quicker than the driver. */
  private OpenFile opened(Path backend) throws IOException, HypervisorException {
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        String device = Files.readString(backend.resolve("physical_device")).strip();
        String mode = Files.readString(backend.resolve("mode")).strip();
        Matcher numbers = DEVICE.matcher(device);
        if (!numbers.matches() || mode.isEmpty()) {
          throw new IOException(backend + ": device '" + device + "', mode '" + mode + "'");
        }
        return OpenFile.device(
            Integer.parseUnsignedInt(numbers.group(1), 16),
            Integer.parseUnsignedInt(numbers.group(2), 16),
            backend.getFileName().toString(),
            !mode.equals("r"));
      } catch (NoSuchFileException e) {
        if (System.nanoTime() > end) {
          throw unknowable(backend, e);
        }
      }
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw unknowable(backend, e);
      }
    }
  }

  private static HypervisorException unknowable(Path what, Exception e) {
    return new HypervisorException(
        Kind.UNKNOWABLE,
        "cannot tell which block devices the kernel serves to a guest: "
            + what
            + ": "
            + e.getMessage(),
        Map.of("path", what.toString()),
        e);
  }
}
