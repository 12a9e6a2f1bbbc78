package org.hospes.image.inspect;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.hospes.image.ImageRefusedException;

/**
 * What {@link DiskInspector} says of a file, as data.
 *
 * @param accepted whether a node would take it as a disk; who signed it is not asked
 * @param format {@code raw} or {@code qcow2}, the name of the format that was found instead, or
 *     {@code unknown}
 * @param virtualSize bytes of the disk that the guest sees; null when it was refused
 * @param reasons why it was refused, each a stable code, a colon, and a sentence; empty when it was
 *     accepted
 */
public record InspectionReport(
    boolean accepted, String format, Long virtualSize, List<String> reasons) {
  public InspectionReport {
    reasons = List.copyOf(reasons);
  }

  /**
   * Looks at a file.
   *
   * @throws IOException the file cannot be read: that says nothing of what it is
   */
  public static InspectionReport of(Path file) throws IOException {
    try {
      DiskFacts facts = DiskInspector.inspect(file);
      return new InspectionReport(
          true, facts.format().name().toLowerCase(Locale.ROOT), facts.virtualBytes(), List.of());
    } catch (ImageRefusedException e) {
      return new InspectionReport(false, format(e), null, List.of(reason(e)));
    }
  }

  private static String format(ImageRefusedException refusal) {
    return switch (refusal.code()) {
      case "image.disk.format" -> refusal.facts().getOrDefault("found", "unknown");
      case "image.disk.not-a-disk" -> "unknown";
      default -> "qcow2";
    };
  }

  private static String reason(ImageRefusedException refusal) {
    List<String> parts = new ArrayList<>();
    refusal.facts().forEach((name, value) -> parts.add(name + " " + value));
    return refusal.code()
        + ": "
        + refusal.getMessage()
        + (parts.isEmpty() ? "" : " (" + String.join(", ", parts) + ")");
  }
}
