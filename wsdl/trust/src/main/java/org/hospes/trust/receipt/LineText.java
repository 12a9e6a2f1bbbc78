package org.hospes.trust.receipt;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Writes a line in the one way it may be written: a JSON object in UTF-8 without a blank, its keys
 * in the order of the format; in strings a quote and a backslash stand behind a backslash, control
 * characters as \\u00xx, and everything else as itself; times in UTC to the millisecond.
 */
final class LineText {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private final StringBuilder text = new StringBuilder(1024);

  /** Begins a line of the kind. */
  LineText(String kind) {
    text.append("{\"").append(kind).append("\":1");
  }

  private LineText() {}

  static LineText bare() {
    return new LineText();
  }

  static String time(Instant instant) {
    return TIME.format(instant.truncatedTo(ChronoUnit.MILLIS));
  }

  LineText raw(String plain) {
    text.append(plain);
    return this;
  }

  LineText key(String key) {
    text.append(",\"").append(key).append("\":");
    return this;
  }

  LineText text(String key, Object value) {
    key(key);
    return quoted(value.toString());
  }

  LineText text(String key, Optional<String> value) {
    key(key);
    return value.isPresent() ? quoted(value.get()) : raw("null");
  }

  LineText number(String key, long value) {
    key(key);
    text.append(value);
    return this;
  }

  LineText time(String key, Instant value) {
    return text(key, time(value));
  }

  LineText texts(String key, List<String> values) {
    key(key);
    text.append('[');
    for (int i = 0; i < values.size(); i++) {
      text.append(i == 0 ? "" : ",");
      quoted(values.get(i));
    }
    text.append(']');
    return this;
  }

  LineText quoted(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (c < 0x20) {
        text.append("\\u00").append(Character.forDigit(c >> 4, 16));
        text.append(Character.forDigit(c & 15, 16));
      } else {
        text.append(c);
      }
    }
    text.append('"');
    return this;
  }

  /** The bytes so far. */
  byte[] bytes() {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(java.nio.CharBuffer.wrap(text));
      byte[] line = new byte[bytes.remaining()];
      bytes.get(line);
      return line;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("half of a character pair cannot be written", e);
    }
  }

  /** The line, closed, without a line feed. */
  byte[] close() {
    text.append('}');
    return bytes();
  }

  /** A signed line: what was signed, and the signature behind it. */
  static byte[] signed(byte[] body, byte[] signature) {
    ByteArrayOutputStream line = new ByteArrayOutputStream(body.length + 400);
    line.writeBytes(body);
    line.writeBytes(tail(signature));
    return line.toByteArray();
  }

  /** What stands behind the signed bytes of a line. */
  static byte[] tail(byte[] signature) {
    return (",\"signature\":\"" + Base64.getEncoder().encodeToString(signature) + "\"}")
        .getBytes(StandardCharsets.US_ASCII);
  }
}
