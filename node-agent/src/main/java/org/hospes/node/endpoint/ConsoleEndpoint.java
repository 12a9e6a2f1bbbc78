package org.hospes.node.endpoint;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.hospes.contract.ConsoleChannel;
import org.hospes.contract.ConsoleChannel.Over;
import org.hospes.contract.common.FaultCategory;
import org.hospes.node.hypervisor.ConsoleLine;
import org.hospes.node.sandbox.AuditTrail;
import org.hospes.node.sandbox.GuestFailedException;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.CallContext;
import org.hospes.wire.security.SecureServerSetup;
import org.hospes.wire.security.Upgrades;

/**
 * People on guests' consoles, one a guest; see {@link ConsoleChannel}. The service alone is obeyed:
 * it says for whom it asks, and from whom a console may be taken over. Safe for many threads.
 */
public final class ConsoleEndpoint extends HttpServlet
    implements AttachedConsole.Listener, AutoCloseable {
  private static final long serialVersionUID = 1L;
  private static final String PATTERN = ConsoleChannel.PATH + "*";

  /** Each takes three threads and two pieces of memory. */
  private static final int AT_ONCE = 32;

  private static final int LONGEST_NAME = 1024;

  /** Opens consoles; a guest's own knows whether there is one. */
  public interface Opener {
    ConsoleLine open(UUID guest) throws GuestFailedException;
  }

  private final transient Opener consoles;
  private final transient AuditTrail audit;
  private final transient DistinguishedName service;
  private final transient Duration stall;
  private final transient Clock clock;
  private final transient Semaphore places = new Semaphore(AT_ONCE);
  private final transient Map<UUID, AttachedConsole> attached = new ConcurrentHashMap<>();
  private final transient ExecutorService threads =
      Executors.newCachedThreadPool(
          run -> {
            Thread thread = new Thread(run, "console");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * @param service the only one that is obeyed
   * @param stall a person who takes nothing of what the guest wrote for so long is let go, and one
   *     of whose words the guest takes nothing
   */
  public ConsoleEndpoint(
      Opener consoles, AuditTrail audit, DistinguishedName service, Duration stall, Clock clock) {
    this.consoles = consoles;
    this.audit = audit;
    this.service = service;
    this.stall = stall;
    this.clock = clock;
  }

  /** Has a server serve it, to the service alone. */
  public SecureServerSetup on(SecureServerSetup server) {
    return server.bytes(PATTERN, this).peers(PATTERN, service::equals);
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response) {
    CallContext call = CallContext.of(request);
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("caller", call.caller().dn().slash());
    facts.put("from", call.remoteAddress());
    try {
      if (!call.caller().dn().equals(service) || call.caller().proxy() != ProxyKind.NONE) {
        throw RefusalException.of(
            FaultCategory.NOT_ALLOWED, "node.caller", "a node obeys its service alone");
      }
      Upgrades.require(request, ConsoleChannel.PROTOCOL);
      UUID guest = OrderXml.id(String.valueOf(request.getPathInfo()).replaceFirst("^/", ""));
      String holder = holder(request.getParameter(ConsoleChannel.HOLDER));
      facts.put("workspace", guest.toString());
      facts.put("holder", holder);
      AttachedConsole taken = attach(guest, holder, over(request));
      facts.put("decision", "allowed");
      Upgrades.accept(request, response, ConsoleChannel.PROTOCOL, stall, taken);
    } catch (RefusalException e) {
      facts.put("decision", "refused");
      facts.put("code", e.code());
      throw e;
    } finally {
      audit.record("console.attach", facts);
    }
  }

  private static String holder(String text) {
    if (text == null || text.isBlank() || text.length() > LONGEST_NAME) {
      throw RefusalException.of(
          FaultCategory.INVALID, "order.invalid", "holder: expected the DN of whom this is for");
    }
    return text;
  }

  private static Over over(HttpServletRequest request) {
    String text = String.valueOf(request.getParameter(ConsoleChannel.OVER));
    try {
      return Over.valueOf(text.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw RefusalException.of(
              FaultCategory.INVALID, "order.invalid", "over: expected nobody, self or anybody")
          .fact("found", text);
    }
  }

  private AttachedConsole attach(UUID guest, String holder, Over over) {
    AttachedConsole console =
        new AttachedConsole(guest, holder, clock.instant(), stall, threads, this);
    claim(console, over);
    try {
      console.on(consoles.open(guest));
      return console;
    } catch (GuestFailedException e) {
      attached.remove(guest, console);
      places.release();
      throw GuestXml.refusal(e.failure()).causedBy(e);
    } catch (RuntimeException e) {
      attached.remove(guest, console);
      places.release();
      throw e;
    }
  }

  /** One at a time; whoever is taken over from is told by whom. */
  private synchronized void claim(AttachedConsole console, Over over) {
    AttachedConsole before = attached.get(console.guest());
    if (before != null
        && over != Over.ANYBODY
        && !(over == Over.SELF && before.holder().equals(console.holder()))) {
      throw RefusalException.of(
              FaultCategory.CONFLICT,
              "console.attached",
              before.holder() + " is on this console since " + before.since())
          .fact("attached", before.holder())
          .fact("since", before.since())
          .advice(
              before.holder().equals(console.holder())
                  ? "that is you, from elsewhere: leave there, or take it over with --force"
                  : "ask them to leave; its output is to be read meanwhile: workspace console ID"
                      + " --follow");
    }
    if (!places.tryAcquire()) {
      throw RefusalException.of(
              FaultCategory.NO_CAPACITY,
              "console.too-many",
              "as many consoles as this node serves at once are in use")
          .fact("most", AT_ONCE)
          .advice("try again later");
    }
    if (before != null) {
      before.end("taken over by " + console.holder(), true);
    }
    attached.put(console.guest(), console);
  }

  @Override
  public void over(AttachedConsole console, String reason) {
    attached.remove(console.guest(), console);
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("workspace", console.guest().toString());
    facts.put("holder", console.holder());
    facts.put(
        "seconds", Long.toString(Duration.between(console.since(), clock.instant()).toSeconds()));
    facts.put("typed", Long.toString(console.typed()));
    facts.put("written", Long.toString(console.written()));
    facts.put("reason", reason);
    audit.record("console.detach", facts);
  }

  @Override
  public void done(AttachedConsole console) {
    places.release();
  }

  /** How many people are attached. */
  public int count() {
    return attached.size();
  }

  /** Everybody is told and let go; guests go on. */
  @Override
  public void close() {
    attached.values().forEach(console -> console.end("the node's agent stops", true));
    threads.shutdown();
  }
}
