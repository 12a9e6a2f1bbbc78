package org.hospes.trust.receipt;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Reads a line byte by byte, and takes nothing that {@link LineText} would write otherwise. */
final class LineCursor {
  private static final int LONGEST_NUMBER = 18;
  private static final int MOST_ITEMS = 4096;

  private final byte[] line;
  private int at;

  LineCursor(byte[] line) {
    this.line = line;
  }

  MalformedLineException wrong(String expected) {
    int end = Math.min(line.length, at + 24);
    StringBuilder found = new StringBuilder();
    for (int i = at; i < end; i++) {
      found.append(line[i] >= 0x20 && line[i] < 0x7f ? (char) line[i] : '?');
    }
    return new MalformedLineException(
        at, expected, found.isEmpty() ? "the end of the line" : "'" + found + "'");
  }

  boolean looking(String ascii) {
    if (line.length - at < ascii.length()) {
      return false;
    }
    for (int i = 0; i < ascii.length(); i++) {
      if (line[at + i] != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  boolean skip(String ascii) {
    boolean there = looking(ascii);
    if (there) {
      at += ascii.length();
    }
    return there;
  }

  void expect(String ascii) throws MalformedLineException {
    if (!skip(ascii)) {
      throw wrong("'" + ascii + "'");
    }
  }

  void key(String key) throws MalformedLineException {
    if (at >= line.length || line[at] != ',') {
      throw wrong("',\"" + key + "\":'");
    }
    at++;
    member(key);
  }

  void member(String key) throws MalformedLineException {
    expect("\"");
    expect(key);
    expect("\":");
  }

  void end() throws MalformedLineException {
    expect("}");
    if (at != line.length) {
      throw wrong("the end of the line");
    }
  }

  long number(String key, long least) throws MalformedLineException {
    key(key);
    return numeral(least);
  }

  long numeral(long least) throws MalformedLineException {
    int begin = at;
    long value = 0;
    while (at < line.length && line[at] >= '0' && line[at] <= '9' && at - begin < LONGEST_NUMBER) {
      value = value * 10 + line[at++] - '0';
    }
    boolean plain = at > begin && (line[begin] != '0' || at == begin + 1);
    if (!plain || value < least) {
      at = begin;
      throw wrong("a number from " + least + " on, without leading zeros,");
    }
    return value;
  }

  String hash(String key) throws MalformedLineException {
    key(key);
    return hashValue();
  }

  Optional<String> hashOrNull(String key) throws MalformedLineException {
    key(key);
    return skip("null") ? Optional.empty() : Optional.of(hashValue());
  }

  String hashValue() throws MalformedLineException {
    expect("\"");
    int begin = at;
    while (at < line.length && at - begin < 64 && Character.digit(line[at], 16) >= 0) {
      if (line[at] >= 'A' && line[at] <= 'F') {
        break;
      }
      at++;
    }
    if (at - begin != 64) {
      at = begin;
      throw wrong("64 small hexadecimal digits");
    }
    expect("\"");
    return new String(line, begin, 64, StandardCharsets.US_ASCII);
  }

  UUID uuid(String key) throws MalformedLineException {
    key(key);
    int begin = at;
    String text = string();
    try {
      UUID id = UUID.fromString(text);
      if (id.toString().equals(text)) {
        return id;
      }
    } catch (IllegalArgumentException e) {
      // Told below, with what was found.
    }
    at = begin;
    throw wrong("a UUID");
  }

  Instant time(String key) throws MalformedLineException {
    key(key);
    int begin = at;
    String text = string();
    try {
      Instant time = Instant.parse(text);
      if (LineText.time(time).equals(text)) {
        return time;
      }
    } catch (DateTimeParseException e) {
      // Told below, with what was found.
    }
    at = begin;
    throw wrong("a time such as 2026-11-20T12:00:00.000Z");
  }

  String text(String key) throws MalformedLineException {
    key(key);
    return string();
  }

  Optional<String> textOrNull(String key) throws MalformedLineException {
    key(key);
    return skip("null") ? Optional.empty() : Optional.of(string());
  }

  /** The value of a key that may be left out, and is never null. */
  Optional<String> textIfThere(String key) throws MalformedLineException {
    return looking(",\"" + key + "\":") ? Optional.of(text(key)) : Optional.empty();
  }

  List<String> texts(String key) throws MalformedLineException {
    key(key);
    expect("[");
    List<String> values = new ArrayList<>();
    if (skip("]")) {
      return values;
    }
    do {
      values.add(string());
    } while (skip(",") && values.size() < MOST_ITEMS);
    expect("]");
    return values;
  }

  byte[] base64(String key) throws MalformedLineException {
    key(key);
    return base64Value();
  }

  byte[] base64Value() throws MalformedLineException {
    int begin = at;
    String text = string();
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      if (bytes.length > 0 && Base64.getEncoder().encodeToString(bytes).equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      // Told below, with what was found.
    }
    at = begin;
    throw wrong("bytes in base64");
  }

  String string() throws MalformedLineException {
    expect("\"");
    int begin = at;
    while (at < line.length && line[at] != '"' && line[at] != '\\' && plain(line[at])) {
      at++;
    }
    if (at < line.length && line[at] == '"') {
      return decoded(begin, line, begin, at++ - begin);
    }
    byte[] value = new byte[line.length];
    int length = at - begin;
    System.arraycopy(line, begin, value, 0, length);
    while (at < line.length && line[at] != '"') {
      value[length++] = unescaped();
    }
    expect("\"");
    return decoded(begin, value, 0, length);
  }

  private static boolean plain(byte b) {
    return b < 0 || b >= 0x20;
  }

  private byte unescaped() throws MalformedLineException {
    if (line[at] != '\\') {
      if (!plain(line[at])) {
        throw wrong("no bare control character");
      }
      return line[at++];
    }
    if (skip("\\\"")) {
      return '"';
    }
    if (skip("\\\\")) {
      return '\\';
    }
    if (looking("\\u00") && at + 6 <= line.length) {
      int high = line[at + 4] - '0';
      int low = "0123456789abcdef".indexOf(line[at + 5]);
      if ((high == 0 || high == 1) && low >= 0) {
        at += 6;
        return (byte) (high * 16 + low);
      }
    }
    throw wrong("\\\" or \\\\ or a control character as \\u00xx");
  }

  private String decoded(int begin, byte[] bytes, int from, int length)
      throws MalformedLineException {
    for (int i = from; i < from + length; i++) {
      if (bytes[i] < 0) {
        try {
          return StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(bytes, from, length))
              .toString();
        } catch (CharacterCodingException e) {
          at = begin;
          throw wrong("UTF-8");
        }
      }
    }
    return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
  }
}
