package org.hospes.trust.caller;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.hospes.settings.Problems;
import org.hospes.trust.path.DistinguishedName;

/**
 * Who may run, and under which accounts: the grid-mapfile of Globus. A line holds a distinguished
 * name, in quotes or with a backslash before each blank when it has blanks, and one account or
 * several parted by commas, of which the first is the one to use. {@code #} starts a comment where
 * it is no part of a name; {@code \"} and {@code \\} stand for the character itself and {@code
 * \xHH} for a byte. Where a name stands twice, the first line counts, as it does for Globus. The
 * text is UTF-8. Immutable.
 */
public final class GridMapfile {
  private static final int LONGEST_LINE = 8192;

  private final Map<DistinguishedName, List<String>> accounts;

  private GridMapfile(Map<DistinguishedName, List<String>> accounts) {
    this.accounts = Map.copyOf(accounts);
  }

  /**
   * Reads the text of a grid-mapfile; every line that cannot be read is a problem.
   *
   * @param source names the file in problems
   */
  public static GridMapfile parse(String text, String source, Problems problems) {
    Map<DistinguishedName, List<String>> accounts = new LinkedHashMap<>();
    String[] lines = text.split("\r?\n|\r", -1);
    for (int i = 0; i < lines.length; i++) {
      String line = (i == 0 ? withoutMark(lines[i]) : lines[i]).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      if (line.length() > LONGEST_LINE) {
        problems.add(source, i + 1, "", "a line of " + line.length() + " characters");
        continue;
      }
      try {
        Line read = Line.parse(line);
        accounts.putIfAbsent(new DistinguishedName(read.name()), read.accounts());
      } catch (IllegalArgumentException e) {
        problems.add(source, i + 1, "", e.getMessage());
      }
    }
    return new GridMapfile(accounts);
  }

  /**
   * Reads the bytes of a grid-mapfile, of which a line that is no UTF-8 is a problem of its own.
   *
   * @param source names the file in problems
   */
  public static GridMapfile parse(byte[] bytes, String source, Problems problems) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    StringBuilder decoded = new StringBuilder(text.length());
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      try {
        decoded.append(
            StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(lines[i].getBytes(StandardCharsets.ISO_8859_1))));
      } catch (CharacterCodingException e) {
        problems.add(source, i + 1, "", "not UTF-8; write the name anew, or \\xHH for its bytes");
      }
      decoded.append('\n');
    }
    return parse(decoded.toString(), source, problems);
  }

  /** The account of a person, the first of theirs; empty when they may not run. */
  public Optional<String> account(DistinguishedName dn) {
    return accounts(dn).stream().findFirst();
  }

  /** Every account of a person, in the order of the line; empty when they may not run. */
  public List<String> accounts(DistinguishedName dn) {
    return accounts.getOrDefault(dn, List.of());
  }

  /** How many names are listed. */
  public int size() {
    return accounts.size();
  }

  /** What some editors put before the first character. */
  private static String withoutMark(String line) {
    return line.startsWith("\ufeff") ? line.substring(1) : line;
  }

  /** One line, its name still with the escapes that {@link DistinguishedName} understands. */
  private record Line(String name, List<String> accounts) {
    private static final Pattern BLANK = Pattern.compile("\\s");

    static Line parse(String line) {
      StringBuilder name = new StringBuilder();
      int at = line.startsWith("\"") ? quoted(line, name) : bare(line, name);
      String rest = line.substring(at);
      int comment = rest.indexOf('#');
      List<String> accounts = new ArrayList<>();
      for (String account : (comment < 0 ? rest : rest.substring(0, comment)).split(",")) {
        if (BLANK.matcher(account.strip()).find()) {
          throw new IllegalArgumentException(
              "one account expected, '"
                  + account.strip()
                  + "' found; a name with blanks needs quotes, several accounts commas");
        }
        if (!account.isBlank()) {
          accounts.add(account.strip());
        }
      }
      if (accounts.isEmpty()) {
        throw new IllegalArgumentException("no account after the name: " + line);
      }
      return new Line(name.toString(), List.copyOf(accounts));
    }

    private static int bare(String line, StringBuilder name) {
      int at = 0;
      while (at < line.length() && !Character.isWhitespace(line.charAt(at))) {
        char c = line.charAt(at++);
        boolean escapes = c == '\\' && at < line.length();
        boolean plain =
            escapes && (Character.isWhitespace(line.charAt(at)) || line.charAt(at) == '"');
        // The other escapes are the name's own.
        name.append(plain ? "" : c);
        if (escapes) {
          name.append(line.charAt(at++));
        }
      }
      return at;
    }

    private static int quoted(String line, StringBuilder name) {
      for (int at = 1; at < line.length(); at++) {
        char c = line.charAt(at);
        if (c == '"') {
          return at + 1;
        }
        if (c == '\\' && at + 1 < line.length()) {
          char next = line.charAt(++at);
          // A quote needs no escape in a name; the other escapes are the name's own.
          name.append(next == '"' ? "" : "\\").append(next);
        } else {
          name.append(c);
        }
      }
      throw new IllegalArgumentException("the quotes are not closed: " + line);
    }
  }
}
