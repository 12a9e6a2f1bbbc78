package org.hospes.node.imagecache;

import java.util.Map;

/** Where the cache says what a site's audit must know. Must not throw. */
@FunctionalInterface
public interface CacheTrail {
  /** Nobody reads it. */
  CacheTrail NONE = (event, facts) -> {};

  /**
   * Writes a line.
   *
   * @param event dotted: {@code image.corrupt}
   */
  void record(String event, Map<String, String> facts);
}
