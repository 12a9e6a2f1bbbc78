package org.hospes.service.admission;

/**
 * Which rule decided, so that whoever reads of it finds it.
 *
 * @param id as the file calls it
 * @param source the file's name, and the line where it is known: {@code service-access.yaml:12}
 */
public record RuleName(String id, String source) {
  /** What no file says and every site does. */
  public static RuleName builtIn(String id) {
    return new RuleName(id, "built in");
  }
}
