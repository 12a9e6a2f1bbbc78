package org.hospes.node.journal;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file that one node leaves to another.
 *
 * @param name as the contract has it: {@code overlay}, {@code scratch}, {@code memory} or {@code
 *     seed}, and {@code snapshot/NAME/} before it for one of a snapshot
 * @param sha256 hexadecimal, of the file's bytes
 */
public record HandedFile(String name, long bytes, String sha256) {
  private static final Pattern NAME =
      Pattern.compile(
          "(?:snapshot/([A-Za-z0-9][A-Za-z0-9._-]{0,63})/)?(overlay|scratch|memory|seed)");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /** What a file of a guest is. */
  public enum Kind {
    /** What the guest wrote over its image. */
    OVERLAY("disk.qcow2"),
    SCRATCH("scratch.raw"),
    MEMORY(SealedDisk.MEMORY),
    /** The disk that the agent made of the order; a memory knows its blocks. */
    SEED(SealedDisk.SEED);

    private final String file;

    Kind(String file) {
      this.file = file;
    }

    /** The file's name in a guest's folder, or in a snapshot's. */
    public String file() {
      return file;
    }

    /** The word of the contract. */
    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    /**
     * What a file of a guest's folder is.
     *
     * @throws IllegalArgumentException for one that a guest has not
     */
    public static Kind ofFile(String file) {
      for (Kind kind : values()) {
        if (kind.file.equals(file)) {
          return kind;
        }
      }
      throw new IllegalArgumentException("no file of a guest: " + file);
    }
  }

  public HandedFile {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "expected overlay, scratch, memory or seed, or snapshot/NAME/ before it; found '"
              + name
              + "'");
    }
    if (bytes < 0) {
      throw new IllegalArgumentException(name + ": expected its length, found " + bytes);
    }
    if (!SHA256.matcher(sha256).matches()) {
      throw new IllegalArgumentException(name + ": expected a SHA-256, found '" + sha256 + "'");
    }
  }

  /** A file of the guest itself. */
  public static HandedFile of(SealedDisk disk) {
    return new HandedFile(Kind.ofFile(disk.name()).word(), disk.bytes(), disk.sha256());
  }

  /** The files of a snapshot. */
  public static List<HandedFile> of(Snapshot snapshot) {
    return snapshot.disks().stream()
        .map(HandedFile::of)
        .map(f -> new HandedFile(prefix(snapshot.name()) + f.name(), f.bytes(), f.sha256()))
        .toList();
  }

  private static String prefix(String snapshot) {
    return "snapshot/" + snapshot + "/";
  }

  public Kind kind() {
    return Kind.valueOf(matched().group(2).toUpperCase(java.util.Locale.ROOT));
  }

  /** Whether it belongs to this snapshot. */
  public boolean isOf(String snapshot) {
    return name.startsWith(prefix(snapshot));
  }

  /** Whether it is one of a snapshot's. */
  public boolean isOfSnapshot() {
    return matched().group(1) != null;
  }

  /** Where it lies in the guest's folder: no part of it is a stranger's. */
  public String place() {
    String snapshot = matched().group(1);
    return (snapshot == null ? "" : "snapshots/" + snapshot + "/") + kind().file();
  }

  private Matcher matched() {
    Matcher parts = NAME.matcher(name);
    if (!parts.matches()) {
      throw new IllegalStateException("checked when it was made: " + name);
    }
    return parts;
  }
}
