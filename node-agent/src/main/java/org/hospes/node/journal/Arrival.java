package org.hospes.node.journal;

import java.net.URI;

/**
 * A guest that comes from another node.
 *
 * @param wish names this one arrival
 * @param source any https address of the node that has it
 * @param sourceName slash form of the DN of the host that must answer there
 */
public record Arrival(String wish, URI source, String sourceName, HandOver papers) {
  /**
   * Checked as what was asked for.
   *
   * @throws IllegalArgumentException for another address than https
   */
  public Arrival {
    Snapshot.requireName(wish);
    requireSource(source);
  }

  /**
   * Where another node's files may be fetched.
   *
   * @throws IllegalArgumentException for another address than https
   */
  public static URI requireSource(URI source) {
    if (!"https".equals(source.getScheme()) || source.getHost() == null) {
      throw new IllegalArgumentException("expected an https address, found " + source);
    }
    return source;
  }
}
