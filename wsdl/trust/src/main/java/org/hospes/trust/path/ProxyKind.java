package org.hospes.trust.path;

/** What kind of proxy certificate, if any, stands between the end entity and the key that signs. */
public enum ProxyKind {
  /** The end entity's own certificate. */
  NONE,
  /** RFC 3820, {@code id-ppl-inheritAll}: all the rights of the end entity. */
  FULL,
  /** Limited (1.3.6.1.4.1.3536.1.1.1.9): may move data, must not start jobs. */
  LIMITED,
  /** RFC 3820, {@code id-ppl-independent}: no rights of the end entity by inheritance. */
  INDEPENDENT,
  /** RFC 3820 with a policy language that Hospes does not read. */
  RESTRICTED,
  /** A proxy older than RFC 3820, with {@code CN=proxy}. */
  LEGACY
}
