package org.hospes.client.cli;

import java.time.Duration;
import java.util.Optional;
import org.hospes.settings.ByteSize;
import org.hospes.settings.Durations;
import picocli.CommandLine.Option;

/**
 * What a guest is asked for: the same for who deploys and for who asks whether they may, or an
 * explanation would be of another request.
 */
final class ResourceOptions {
  @Option(
      names = "--cpus",
      paramLabel = "N",
      defaultValue = "1",
      description = "Virtual processors (default: ${DEFAULT-VALUE}).")
  int cpus;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      defaultValue = "512M",
      description = "Memory, such as 2G (default: ${DEFAULT-VALUE}).")
  private String memory;

  @Option(
      names = "--scratch",
      paramLabel = "SIZE",
      defaultValue = "0",
      description = "An empty disk beside the image, such as 20G (default: none).")
  private String scratch;

  @Option(
      names = "--lease",
      paramLabel = "DURATION",
      description =
          "How long it may run, such as 90m or 2d (default: the site's usual, or as much of it as"
              + " you may have).")
  private Optional<String> lease = Optional.empty();

  /**
   * @throws IllegalArgumentException when that is no size
   */
  long memoryBytes() {
    return ByteSize.parse(memory);
  }

  /**
   * @throws IllegalArgumentException when that is no size
   */
  long scratchBytes() {
    return ByteSize.parse(scratch);
  }

  /**
   * @return empty: the site says
   * @throws IllegalArgumentException when that is no duration
   */
  Optional<Duration> lease() {
    return lease.map(Durations::parse);
  }
}
