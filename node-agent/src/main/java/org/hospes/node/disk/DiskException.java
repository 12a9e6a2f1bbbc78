package org.hospes.node.disk;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** A guest's disk could not be made, with the facts. */
public class DiskException extends Exception {
  private static final long serialVersionUID = 1L;

  /** A tool failed or the file system did; worth another try once that is mended. */
  public static final String FAILED = "disk.failed";

  /** A file of that name is there and is something else; it was left alone. */
  public static final String CONFLICT = "disk.conflict";

  /** It was given up because nobody needed it any more. */
  public static final String ABANDONED = "disk.abandoned";

  /** The file system is full. */
  public static final String NO_SPACE = "disk.no-space";

  private final String code;

  @SuppressWarnings("serial") // a LinkedHashMap of strings
  private final Map<String, String> facts;

  public DiskException(String code, String message, Map<String, String> facts, Throwable cause) {
    super(message, cause);
    this.code = code;
    this.facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
  }

  /** Stable and dotted. */
  public String code() {
    return code;
  }

  public Map<String, String> facts() {
    return facts;
  }
}
