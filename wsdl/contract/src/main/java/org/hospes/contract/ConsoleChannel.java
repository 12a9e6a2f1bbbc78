package org.hospes.contract;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The interactive console, which is not SOAP: {@code GET} over mutual TLS with {@code Connection:
 * Upgrade} and {@code Upgrade: hospes-console}. After 101 all that the caller sends is typed, and
 * all that the guest writes comes back, byte by byte and as it is. The site's end is said by TLS
 * (close_notify); a connection that ends without it broke.
 */
public final class ConsoleChannel {
  /** What the connection becomes. */
  public static final String PROTOCOL = "hospes-console";

  /** Before the workspace's id, at the service and at a node. */
  public static final String PATH = "/console/";

  /** At the service, {@code true}: take the console over from whoever is on it. */
  public static final String FORCE = "force";

  /** At a node: whom it is for, the slash form of a DN. */
  public static final String HOLDER = "holder";

  /** At a node: one of {@link Over}, in small letters. */
  public static final String OVER = "over";

  /** From whom a console may be taken over. */
  public enum Over {
    NOBODY,
    /** From the same person, who is perhaps attached from elsewhere. */
    SELF,
    ANYBODY
  }

  private ConsoleChannel() {}

  /**
   * Where a caller asks.
   *
   * @param service any address of the service
   */
  public static URI atService(URI service, String id, boolean force) {
    return service.resolve(PATH + id + (force ? "?" + FORCE + "=true" : ""));
  }

  /**
   * Where the service asks.
   *
   * @param agent any address of the node's agent
   */
  public static URI atNode(URI agent, String id, String holder, Over over) {
    return agent.resolve(
        PATH
            + id
            + "?"
            + HOLDER
            + "="
            + URLEncoder.encode(holder, StandardCharsets.UTF_8)
            + "&"
            + OVER
            + "="
            + over.name().toLowerCase(Locale.ROOT));
  }
}
