package org.hospes.trust.caller;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.hospes.settings.Problems;
import org.hospes.trust.path.DistinguishedName;

/**
 * Who may run, and under which account: the grid-mapfile of Globus. A line holds a distinguished
 * name, in quotes when it has blanks, and one account or several parted by commas, of which the
 * first counts. {@code #} starts a comment; inside quotes {@code \"} and {@code \\} stand for the
 * character itself and {@code \xHH} for a byte. Where a name stands twice, the first line counts,
 * as it does for Globus. Immutable.
 */
public final class GridMapfile {
  private final Map<DistinguishedName, String> accounts;

  private GridMapfile(Map<DistinguishedName, String> accounts) {
    this.accounts = Map.copyOf(accounts);
  }

  /**
   * Reads the text of a grid-mapfile; every line that cannot be read is a problem.
   *
   * @param source names the file in problems
   */
  public static GridMapfile parse(String text, String source, Problems problems) {
    Map<DistinguishedName, String> accounts = new LinkedHashMap<>();
    String[] lines = text.split("\r?\n", -1);
    for (int i = 0; i < lines.length; i++) {
      String line = lines[i].strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      try {
        Line read = Line.parse(line);
        accounts.putIfAbsent(new DistinguishedName(read.name()), read.account());
      } catch (IllegalArgumentException e) {
        problems.add(source, i + 1, "", e.getMessage());
      }
    }
    return new GridMapfile(accounts);
  }

  /** The account of a person; empty when they may not run. */
  public Optional<String> account(DistinguishedName dn) {
    return Optional.ofNullable(accounts.get(dn));
  }

  /** How many names are listed. */
  public int size() {
    return accounts.size();
  }

  /** One line, its name still with the escapes that {@link DistinguishedName} understands. */
  private record Line(String name, String account) {
    static Line parse(String line) {
      StringBuilder name = new StringBuilder();
      int at = line.startsWith("\"") ? quoted(line, name) : bare(line, name);
      String rest = line.substring(at);
      int comment = rest.indexOf('#');
      String accounts = (comment < 0 ? rest : rest.substring(0, comment)).strip();
      String account = accounts.split(",", 2)[0].strip();
      if (account.isEmpty()) {
        throw new IllegalArgumentException("no account after the name: " + line);
      }
      if (account.matches(".*\\s.*")) {
        throw new IllegalArgumentException(
            "one account expected, '" + account + "' found; a name with blanks needs quotes");
      }
      return new Line(name.toString(), account);
    }

    private static int bare(String line, StringBuilder name) {
      int at = 0;
      while (at < line.length() && !Character.isWhitespace(line.charAt(at))) {
        name.append(line.charAt(at));
        at++;
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
