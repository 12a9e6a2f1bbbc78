package org.hospes.node.disk;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How this agent's logical volumes are called. A volume in the making has a name of its own, so
 * that one that bears its final name is whole.
 */
public final class VolumeNames {
  private static final String UUID_HEX = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
  private static final Pattern GUEST =
      Pattern.compile("hospes-(" + UUID_HEX + ")-(?:disk|scratch)(?:-back)?(?:-new)?");
  private static final Pattern BASE = Pattern.compile("hospes-base-([0-9a-f]{64})");
  private static final String FRESH = "-new";

  private VolumeNames() {}

  /** What a guest boots. */
  public static String disk(UUID guest) {
    return "hospes-" + guest + "-disk";
  }

  /** Its second disk. */
  public static String scratch(UUID guest) {
    return "hospes-" + guest + "-scratch";
  }

  /** What a guest is about to be taken back to. */
  public static String back(String name) {
    return name + "-back";
  }

  /** Whether a sealed disk of this name is a volume. */
  public static boolean isGuests(String name) {
    return GUEST.matcher(name).matches();
  }

  /** Whose it is. */
  static Optional<UUID> guestOf(String name) {
    Matcher guest = GUEST.matcher(name);
    return guest.matches() ? Optional.of(UUID.fromString(guest.group(1))) : Optional.empty();
  }

  /** The volume that an image is staged into. */
  static String base(String sha256) {
    String name = "hospes-base-" + sha256;
    if (!isBase(name)) {
      throw new IllegalArgumentException("not a SHA-256: " + sha256);
    }
    return name;
  }

  static boolean isBase(String name) {
    return BASE.matcher(name).matches();
  }

  /** The same of a base that was altered: nothing more is made of it. */
  static String spoilt(String base, long when) {
    return base.replace("-base-", "-spoilt-") + "-" + when;
  }

  static boolean isSpoilt(String name) {
    return name.startsWith("hospes-spoilt-");
  }

  /** Of a volume in the making. */
  static String fresh(String name) {
    return name + FRESH;
  }

  static boolean isFresh(String name) {
    return name.endsWith(FRESH);
  }
}
