package org.hospes.wire.bytes;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Part of a file.
 *
 * @param from the first byte
 * @param to one past the last byte
 */
public record ByteRange(long from, long to) {
  private static final Pattern WANTED = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");
  private static final Pattern SENT = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})");

  /** How many bytes it is. */
  public long length() {
    return to - from;
  }

  /**
   * Reads a Range header (RFC 9110, 14.2). One that asks for several ranges, or is none, counts as
   * absent, as the RFC allows.
   *
   * @return what is wanted; a range of no length when nothing of it exists
   */
  public static Optional<ByteRange> wanted(String header, long size) {
    Matcher m = WANTED.matcher(header == null ? "" : header.strip());
    if (!m.matches() || (m.group(1).isEmpty() && m.group(2).isEmpty())) {
      return Optional.empty();
    }
    if (m.group(1).isEmpty()) {
      long last = Math.min(size, Long.parseLong(m.group(2)));
      return Optional.of(new ByteRange(size - last, size));
    }
    long from = Long.parseLong(m.group(1));
    long to = m.group(2).isEmpty() ? size : Math.min(size, Long.parseLong(m.group(2)) + 1);
    if (!m.group(2).isEmpty() && Long.parseLong(m.group(2)) < from) {
      return Optional.empty();
    }
    return Optional.of(from >= size ? new ByteRange(size, size) : new ByteRange(from, to));
  }

  /**
   * Reads a Content-Range header (RFC 9110, 14.4) of a body.
   *
   * @return empty when it is not one of a file of this size
   */
  public static Optional<ByteRange> sent(String header, long size) {
    Matcher m = SENT.matcher(header.strip());
    if (!m.matches() || Long.parseLong(m.group(3)) != size) {
      return Optional.empty();
    }
    ByteRange range = new ByteRange(Long.parseLong(m.group(1)), Long.parseLong(m.group(2)) + 1);
    return range.from() < range.to() && range.to() <= size ? Optional.of(range) : Optional.empty();
  }
}
