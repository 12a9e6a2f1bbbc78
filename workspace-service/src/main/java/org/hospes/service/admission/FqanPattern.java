package org.hospes.service.admission;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which VOMS attributes (FQANs) a rule means. {@code /atlas} is that group without a role, {@code
 * /atlas/Role=prod} that role in it, {@code /atlas/Role=*} any role in it; {@code /atlas/*} is the
 * group and every group below it, with whatever role or none, and {@code /atlas/*}{@code
 * /Role=prod} that role in any of them. {@code Role=NULL} and {@code Capability=NULL}, which older
 * tools write, say nothing.
 *
 * @param group without a slash at its end
 * @param below whether the groups below are meant as well
 * @param role {@link #NO_ROLE}, {@link #SOME_ROLE}, {@link #WHATEVER}, or the name of one
 */
public record FqanPattern(String group, boolean below, String role) {
  static final String NO_ROLE = "NULL";
  static final String SOME_ROLE = "*";
  static final String WHATEVER = "";

  private static final Pattern FQAN =
      Pattern.compile(
          "((?:/[A-Za-z0-9._-]+)+)(/\\*)?(?:/Role=([A-Za-z0-9._-]+|\\*))?(?:/Capability=NULL)?");

  /**
   * Reads a pattern.
   *
   * @throws IllegalArgumentException saying what was found and what may be written
   */
  public static FqanPattern parse(String text) {
    Matcher read = FQAN.matcher(text);
    if (!read.matches()) {
      throw new IllegalArgumentException(
          "not an FQAN: '"
              + text
              + "'; write /VO, /VO/GROUP, /VO/Role=NAME, /VO/Role=* or /VO/* for all of them");
    }
    boolean below = read.group(2) != null;
    String role = read.group(3) == null ? (below ? WHATEVER : NO_ROLE) : read.group(3);
    return new FqanPattern(read.group(1), below, role);
  }

  /**
   * One attribute as a VOMS server writes it, without what says nothing.
   *
   * @throws IllegalArgumentException saying what was found and what may be written
   */
  public static String attribute(String text) {
    Matcher read = FQAN.matcher(text);
    if (!read.matches() || read.group(2) != null || SOME_ROLE.equals(read.group(3))) {
      throw new IllegalArgumentException(
          "one attribute expected, such as /VO/GROUP or /VO/Role=NAME, found " + text);
    }
    String role = read.group(3);
    return read.group(1) + (role == null || role.equals(NO_ROLE) ? "" : "/Role=" + role);
  }

  /** The virtual organisation whose attributes these are. */
  public String virtualOrganisation() {
    return group.substring(1).split("/", 2)[0];
  }

  /** Whether an attribute is meant; one that is not well-formed never is. */
  public boolean matches(String fqan) {
    Matcher read = FQAN.matcher(fqan);
    if (!read.matches() || read.group(2) != null || SOME_ROLE.equals(read.group(3))) {
      return false;
    }
    String found = read.group(3) == null ? NO_ROLE : read.group(3);
    return covers(new FqanPattern(read.group(1), false, found));
  }

  /** Whether every attribute that the other one means is meant here too. */
  boolean covers(FqanPattern other) {
    boolean groups =
        group.equals(other.group)
            ? below || !other.below
            : below && other.group.startsWith(group + "/");
    return groups && coversRole(other.role);
  }

  private boolean coversRole(String other) {
    return switch (role) {
      case WHATEVER -> true;
      case SOME_ROLE -> !other.equals(NO_ROLE) && !other.equals(WHATEVER);
      default -> role.equals(other);
    };
  }

  @Override
  public String toString() {
    return group
        + (below ? "/*" : "")
        + (role.equals(WHATEVER) || (!below && role.equals(NO_ROLE)) ? "" : "/Role=" + role);
  }
}
