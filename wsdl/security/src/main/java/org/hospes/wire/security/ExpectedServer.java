package org.hospes.wire.security;

import org.hospes.trust.path.DistinguishedName;

/** Which server a client means to talk to; the one that answers must be it. */
public sealed interface ExpectedServer {
  /**
   * The certificate names this host: a DNS or IP subject alternative name, or without any, a common
   * name {@code host.example.org} or {@code host/host.example.org}.
   */
  static ExpectedServer host(String name) {
    return new ByHost(name);
  }

  /** The certificate's subject is exactly this. */
  static ExpectedServer dn(DistinguishedName dn) {
    return new ByName(dn);
  }

  /** See {@link #host}. */
  record ByHost(String name) implements ExpectedServer {
    public ByHost {
      if (name == null || name.isBlank()) {
        throw new IllegalArgumentException("the name of the server is missing");
      }
    }

    @Override
    public String toString() {
      return "host " + name;
    }
  }

  /** See {@link #dn}. */
  record ByName(DistinguishedName dn) implements ExpectedServer {
    @Override
    public String toString() {
      return dn.slash();
    }
  }
}
