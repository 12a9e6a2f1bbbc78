package org.hospes.wire.security;

import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.Servlet;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.hospes.trust.credential.CredentialSource;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathValidator;

/**
 * What a {@link SecureServer} shall be; {@link #start()} makes it. Credential and paths are
 * required, and at least one port. For one thread.
 */
public final class SecureServerSetup {
  final InetSocketAddress address;
  final List<SoapPort> ports = new ArrayList<>();
  final Map<String, Servlet> servlets = new HashMap<>();
  final Map<String, Predicate<DistinguishedName>> peers = new HashMap<>();
  CredentialSource credential;
  PathValidator paths;
  CallerSource callers = CallerSource.namesOnly();
  SecurityListener listener = SecurityListener.none();
  ServerLimits limits = ServerLimits.defaults();
  Optional<Path> memory = Optional.empty();
  MeterRegistry metrics;
  Clock clock = Clock.systemUTC();

  /** A SOAP port to serve. */
  record SoapPort(String path, Object port, Class<?> type, String wsdl, boolean signed) {}

  SecureServerSetup(InetSocketAddress address) {
    this.address = Objects.requireNonNull(address, "address");
  }

  /** The host's papers, for TLS and for signing answers; asked anew for each. */
  public SecureServerSetup credential(CredentialSource source) {
    credential = Objects.requireNonNull(source, "credential");
    return this;
  }

  /** Who judges the chains of the other side. The server does not close it. */
  public SecureServerSetup paths(PathValidator validator) {
    paths = Objects.requireNonNull(validator, "paths");
    return this;
  }

  /** How chains become callers; by default their names only. */
  public SecureServerSetup callers(CallerSource source) {
    callers = Objects.requireNonNull(source, "callers");
    return this;
  }

  /**
   * A port whose messages, answers and faults are signed as the WSDL's policy says.
   *
   * <p>{@code port} may throw {@link org.hospes.wire.refusal.RefusalException}, which becomes the
   * fault {@code refused}; whatever else it throws becomes {@code site.internal} with a reference
   * number and is logged with it. It is called by many threads.
   *
   * @param path where, such as {@code /workspace}; wsa:To must name it
   * @param type the generated port interface
   * @param wsdl where the WSDL stands in the class path, such as {@code wsdl/workspace.wsdl}
   */
  public SecureServerSetup signed(String path, Object port, Class<?> type, String wsdl) {
    ports.add(new SoapPort(exact(path), type.cast(port), type, wsdl, true));
    return this;
  }

  /** A SOAP port secured by mutual TLS alone; otherwise as {@link #signed}. */
  public SecureServerSetup mutual(String path, Object port, Class<?> type, String wsdl) {
    ports.add(new SoapPort(exact(path), type.cast(port), type, wsdl, false));
    return this;
  }

  /**
   * A servlet behind mutual TLS. It may throw {@link org.hospes.wire.refusal.RefusalException}
   * before it wrote anything: the answer is then the category's HTTP status with the refusal as its
   * body.
   *
   * @param pattern a servlet pattern, such as {@code /images/*}
   */
  public SecureServerSetup bytes(String pattern, Servlet servlet) {
    servlets.put(checked(pattern), Objects.requireNonNull(servlet, "servlet"));
    return this;
  }

  /**
   * Who may call a path at all, by end entity; checked before a body is read. Without it everyone
   * with a trusted chain may.
   *
   * @param path as given to {@link #signed}, {@link #mutual} or {@link #bytes}
   */
  public SecureServerSetup peers(String path, Predicate<DistinguishedName> allowed) {
    peers.put(checked(path), Objects.requireNonNull(allowed, "allowed"));
    return this;
  }

  /** Who hears of failed handshakes and refused messages. */
  public SecureServerSetup listener(SecurityListener hears) {
    listener = Objects.requireNonNull(hears, "listener");
    return this;
  }

  public SecureServerSetup limits(ServerLimits most) {
    limits = Objects.requireNonNull(most, "limits");
    return this;
  }

  /** Where requests, refusals, handshakes and connections are counted. */
  public SecureServerSetup metrics(MeterRegistry registry) {
    metrics = Objects.requireNonNull(registry, "metrics");
    return this;
  }

  /**
   * Where it is written down which signed messages were taken, so that a server started anew
   * refuses them as this one would. The directory belongs to one server at a time. Without it,
   * messages signed before the start are refused.
   */
  public SecureServerSetup remembering(Path directory) {
    memory = Optional.of(directory);
    return this;
  }

  /** By whose time messages are fresh; the system's by default. */
  public SecureServerSetup clock(Clock time) {
    clock = Objects.requireNonNull(time, "clock");
    return this;
  }

  /**
   * Binds the address and serves.
   *
   * @throws IOException when the address cannot be bound or a WSDL cannot be read
   * @throws IllegalStateException when something required was left out or does not fit
   */
  public SecureServer start() throws IOException {
    if (credential == null || paths == null) {
      throw new IllegalStateException("a secure server needs credential(...) and paths(...)");
    }
    if (ports.isEmpty() && servlets.isEmpty()) {
      throw new IllegalStateException("a secure server needs at least one port or servlet");
    }
    for (String path : peers.keySet()) {
      if (!servlets.containsKey(path) && ports.stream().noneMatch(p -> p.path().equals(path))) {
        throw new IllegalStateException("peers(" + path + ") names no port and no servlet");
      }
    }
    if (!ports.isEmpty() && servlets.containsKey("/*")) {
      throw new IllegalStateException("ports cannot stand beside a servlet at /*");
    }
    return new SecureServer(JettyServer.start(this));
  }

  private static String exact(String path) {
    if (path.endsWith("/") || path.contains("*")) {
      throw new IllegalArgumentException("a port stands at one path: " + path);
    }
    return checked(path);
  }

  private static String checked(String path) {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("a path starts with a slash: " + path);
    }
    return path;
  }
}
