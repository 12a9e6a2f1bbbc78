package org.hospes.node.imagecache;

/** An image could not be brought here, through no fault of the image. */
public final class CacheException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What kept it away. */
  public enum Kind {
    /** No room, and nothing that could make way. */
    FULL("cache.full"),
    /** The bytes did not come. */
    FETCH("cache.fetch"),
    /** The node's own disk failed. */
    DISK("cache.disk"),
    /** Nobody wants it any more. */
    ABANDONED("cache.abandoned");

    private final String code;

    Kind(String code) {
      this.code = code;
    }

    /** Stable and dotted. */
    public String code() {
      return code;
    }
  }

  private final Kind kind;

  public CacheException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
