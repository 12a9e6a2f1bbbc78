package org.hospes.settings;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sizes as people write them. {@code K M G T}, and {@code KiB MiB GiB TiB}, are powers of 1024, as
 * everywhere that memory and disks of virtual machines are named; {@code kB MB GB TB} are powers of
 * 1000; a bare number is bytes.
 */
public final class ByteSize {
  private static final Pattern FORM =
      Pattern.compile("(\\d{1,18}(?:\\.\\d{1,6})?)\\s*([A-Za-z]{0,3})");
  private static final Map<String, Long> UNITS =
      Map.ofEntries(
          Map.entry("", 1L),
          Map.entry("b", 1L),
          Map.entry("k", 1L << 10),
          Map.entry("kib", 1L << 10),
          Map.entry("m", 1L << 20),
          Map.entry("mib", 1L << 20),
          Map.entry("g", 1L << 30),
          Map.entry("gib", 1L << 30),
          Map.entry("t", 1L << 40),
          Map.entry("tib", 1L << 40),
          Map.entry("kb", 1_000L),
          Map.entry("mb", 1_000_000L),
          Map.entry("gb", 1_000_000_000L),
          Map.entry("tb", 1_000_000_000_000L));
  private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private ByteSize() {}

  /**
   * Reads a size.
   *
   * @return bytes, never negative
   * @throws IllegalArgumentException saying what was found and what may be written
   */
  public static long parse(String text) {
    Matcher matcher = FORM.matcher(text.strip());
    Long unit = matcher.matches() ? UNITS.get(matcher.group(2).toLowerCase(Locale.ROOT)) : null;
    if (unit == null) {
      throw new IllegalArgumentException(
          "not a size: '" + text + "'; write a number and a unit, such as 512M, 2G or 64MiB");
    }
    try {
      return new BigDecimal(matcher.group(1))
          .multiply(BigDecimal.valueOf(unit))
          .setScale(0, RoundingMode.UNNECESSARY)
          .longValueExact();
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "not a size: '" + text + "'; it is no whole number of bytes, or too large", e);
    }
  }

  /**
   * Writes a size for people: the largest binary unit, one decimal where it is not whole, such as
   * {@code 1.5 GiB}. Sizes that are whole in their unit are read back by {@link #parse} unchanged.
   */
  public static String format(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("a size is never negative: " + bytes);
    }
    int unit = 0;
    long whole = 1;
    while (unit < BINARY.length - 1 && bytes / 1024 >= whole) {
      whole <<= 10;
      unit++;
    }
    if (bytes % whole == 0) {
      return bytes / whole + " " + BINARY[unit];
    }
    return String.format(Locale.ROOT, "%.1f %s", (double) bytes / whole, BINARY[unit]);
  }
}
