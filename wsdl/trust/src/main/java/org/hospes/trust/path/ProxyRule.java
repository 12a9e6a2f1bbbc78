package org.hospes.trust.path;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * What each kind of proxy certificate may be used for, everywhere alike. A proxy that is older than
 * RFC 3820 comes this far only where {@link PathRules#legacyProxies} takes it, and then counts as
 * what it stands for: all the rights of its owner.
 */
public final class ProxyRule {
  /** What somebody does with their papers. */
  public enum Use {
    /** Look at what is there, and fetch. */
    ASK,
    /** Start, alter, end or publish something. */
    CHANGE,
    /** Sign an image, a catalogue, or whatever else has to last. */
    SIGN
  }

  private static final Map<ProxyKind, Set<Use>> ALLOWED = new EnumMap<>(ProxyKind.class);

  static {
    ALLOWED.put(ProxyKind.NONE, EnumSet.allOf(Use.class));
    ALLOWED.put(ProxyKind.FULL, EnumSet.of(Use.ASK, Use.CHANGE));
    ALLOWED.put(ProxyKind.LEGACY, EnumSet.of(Use.ASK, Use.CHANGE));
    ALLOWED.put(ProxyKind.LIMITED, EnumSet.of(Use.ASK));
    ALLOWED.put(ProxyKind.INDEPENDENT, EnumSet.noneOf(Use.class));
    ALLOWED.put(ProxyKind.RESTRICTED, EnumSet.noneOf(Use.class));
  }

  private ProxyRule() {}

  /** Whether papers with proxies of this kind, the most restricted of the chain, may do that. */
  public static boolean allows(ProxyKind kind, Use use) {
    return ALLOWED.get(kind).contains(use);
  }
}
