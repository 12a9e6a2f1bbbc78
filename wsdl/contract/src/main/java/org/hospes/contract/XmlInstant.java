package org.hospes.contract;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;

/**
 * Instants as {@code xs:dateTime} with a time zone (XML Schema Part 2, 3.2.7), to the millisecond.
 */
public final class XmlInstant {
  private XmlInstant() {}

  /**
   * Reads an {@code xs:dateTime}; a time without a zone is refused, since nobody can say when it
   * is.
   *
   * @throws IllegalArgumentException naming the text, if it is not such a time
   */
  public static Instant parse(String text) {
    if (text == null) {
      return null;
    }
    try {
      return OffsetDateTime.parse(text.strip()).toInstant();
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "not a date and time with a zone, such as 2026-11-20T10:00:00Z: " + text, e);
    }
  }

  /** Writes UTC, such as {@code 2026-11-20T10:00:00.250Z}. */
  public static String print(Instant instant) {
    return instant == null ? null : instant.truncatedTo(ChronoUnit.MILLIS).toString();
  }
}
