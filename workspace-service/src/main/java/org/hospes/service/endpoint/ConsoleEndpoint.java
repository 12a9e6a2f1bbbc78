package org.hospes.service.endpoint;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.hospes.contract.ConsoleChannel;
import org.hospes.service.admission.Decision;
import org.hospes.service.admission.Rights;
import org.hospes.service.audit.AuditEntry;
import org.hospes.service.audit.AuditLog;
import org.hospes.service.node.Node;
import org.hospes.service.node.NodeConsoles;
import org.hospes.service.node.NodeConsoles.Over;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.Verb;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceRepository;
import org.hospes.trust.caller.Caller;
import org.hospes.wire.security.CallContext;
import org.hospes.wire.security.RawConnection;
import org.hospes.wire.security.SecureServerSetup;
import org.hospes.wire.security.Upgrades;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * People on their guests' consoles; see {@link ConsoleChannel}. No message is signed here: the
 * caller is the end entity of the TLS session. To type is to use the site, so who may attach is who
 * may start the guest. Safe for many threads.
 */
public final class ConsoleEndpoint extends HttpServlet implements AutoCloseable {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(ConsoleEndpoint.class);
  private static final String PATTERN = ConsoleChannel.PATH + "*";
  private static final String ATTACH = "console.attach";
  private static final String DETACH = "console.detach";
  private static final String ABILITY = "attach";

  /** Each takes two threads and two pieces of memory. */
  private static final int AT_ONCE = 32;

  private static final int OF_ONE_PERSON = 8;

  /** A node that takes calls and does not answer holds no more of the server's threads. */
  private static final int OPENING = 8;

  private static final Duration STALL = Duration.ofSeconds(60);
  private static final long LOOK_SECONDS = 5;

  /** Parts that the endpoint asks. */
  public record Parties(
      Rights rights,
      WorkspaceRepository workspaces,
      NodeRegistry nodes,
      NodeConsoles consoles,
      AuditLog audit) {}

  private final transient Parties parties;
  private final transient Lookup lookup;
  private final transient Duration idle;
  private final transient Clock clock;
  private final transient Semaphore opening = new Semaphore(OPENING);
  private final transient Set<ConsoleRelay> relays = ConcurrentHashMap.newKeySet();
  private final transient ExecutorService threads =
      Executors.newCachedThreadPool(daemons("console"));
  private final transient ScheduledExecutorService keeper =
      Executors.newSingleThreadScheduledExecutor(daemons("console-keeper"));

  /**
   * @param idle a console on which nothing moves for so long is let go
   */
  @SuppressWarnings("FutureReturnValueIgnored") // a look never throws
  public ConsoleEndpoint(Parties parties, Duration idle, Clock clock) {
    this.parties = parties;
    this.lookup = new Lookup(parties.workspaces(), parties.rights());
    this.idle = idle;
    this.clock = clock;
    keeper.scheduleWithFixedDelay(this::look, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
  }

  private static ThreadFactory daemons(String name) {
    return run -> {
      Thread thread = new Thread(run, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  /** Adds it to a server, beside the SOAP ports. */
  public SecureServerSetup on(SecureServerSetup server) {
    return server.bytes(PATTERN, this);
  }

  /** How many consoles are in use. */
  public int count() {
    return relays.size();
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response) {
    CallContext context = CallContext.of(request);
    CallAudit audit =
        new CallAudit(parties.audit(), () -> context, parties.rights()::version, clock);
    Caller caller = context.caller();
    try {
      parties.rights().requireMayChange(caller);
      Upgrades.require(request, ConsoleChannel.PROTOCOL);
      Workspace workspace =
          lookup.byId(caller, String.valueOf(request.getPathInfo()).replaceFirst("^/", ""));
      Decision by = parties.rights().requireMayRunAgain(caller);
      Verb.ATTACH.requireAllowed(workspace, clock.instant());
      boolean force = "true".equals(request.getParameter(ConsoleChannel.FORCE));
      ConsoleRelay relay = relay(workspace, context, force);
      audit.accepted(ATTACH, caller, workspace, Optional.of(by));
      Upgrades.accept(request, response, ConsoleChannel.PROTOCOL, STALL, relay);
    } catch (RefusedException e) {
      audit.refused(context, ATTACH, e.refusal());
      throw Refused.onTheWire(e.refusal());
    }
  }

  private ConsoleRelay relay(Workspace workspace, CallContext context, boolean force) {
    Caller caller = context.caller();
    requireRoom(caller);
    Over over = !force ? Over.NOBODY : parties.rights().operator(caller) ? Over.ANYBODY : Over.SELF;
    ConsoleRelay relay =
        new ConsoleRelay(
            workspace,
            caller,
            context.remoteAddress(),
            open(workspace, able(workspace), caller, over),
            threads,
            this::over,
            clock);
    relays.add(relay);
    return relay;
  }

  private void requireRoom(Caller caller) {
    long own = relays.stream().filter(r -> r.caller().dn().equals(caller.dn())).count();
    if (relays.size() >= AT_ONCE || own >= OF_ONE_PERSON) {
      boolean all = relays.size() >= AT_ONCE;
      throw Refusal.of(
              Refusal.Category.NO_CAPACITY,
              "console.too-many",
              (all
                      ? "as many consoles as this site serves at once"
                      : "as many as one person may have")
                  + " are in use")
          .fact("most", all ? AT_ONCE : OF_ONE_PERSON)
          .advice(all ? "try again later" : "leave one of yours with Ctrl-]")
          .toException();
    }
  }

  private Node able(Workspace workspace) {
    String name = workspace.node().orElseThrow();
    Optional<Node> node = parties.nodes().find(name);
    if (node.isEmpty()) {
      throw unreachable(name, "node " + name + " has not been heard since the service started");
    }
    if (!node.get().facts().capabilities().contains(ABILITY)) {
      throw Refusal.of(
              Refusal.Category.CONFLICT,
              "node.incapable",
              "node " + name + " has no consoles to type on; its output can be read")
          .advice("read it: workspace console " + workspace.id() + " --follow")
          .fact("node", name)
          .fact("expected", ABILITY)
          .fact("found", node.get().facts().capabilities())
          .toException();
    }
    return node.get();
  }

  private RawConnection open(Workspace workspace, Node node, Caller caller, Over over) {
    if (!opening.tryAcquire()) {
      throw unreachable(node.name(), "too many consoles are being opened at this moment");
    }
    try {
      return parties.consoles().open(node, workspace.id(), caller.dn(), over);
    } catch (NodeUnreachableException e) {
      LOG.info("workspace={} console not opened: {}", workspace.id(), e.getMessage());
      throw unreachable(node.name(), e.getMessage());
    } catch (NodeRefusedException e) {
      throw e.refusal().toException();
    } finally {
      opening.release();
    }
  }

  private static RefusedException unreachable(String node, String why) {
    return Refusal.of(Refusal.Category.SITE, "node.unreachable", why)
        .advice("try again; if it stays so, tell the site's operators")
        .fact("node", node)
        .toException();
  }

  private void over(ConsoleRelay relay, String reason) {
    if (relays.remove(relay)) {
      parties
          .audit()
          .record(
              AuditEntry.of(clock.instant(), DETACH, AuditEntry.Outcome.DONE, reason)
                  .by(relay.caller().dn())
                  .about(relay.workspace().id())
                  .fact("from", relay.from())
                  .fact("seconds", relay.lasted().toSeconds())
                  .fact("bytes.typed", relay.typed())
                  .fact("bytes.shown", relay.shown()));
    }
  }

  /** What was true when somebody attached must go on being true. */
  private void look() {
    for (ConsoleRelay relay : relays) {
      try {
        ended(relay).ifPresent(relay::end);
      } catch (RuntimeException e) {
        LOG.warn("workspace={} cannot be looked at: {}", relay.workspace().id(), e.toString());
      }
    }
  }

  private Optional<String> ended(ConsoleRelay relay) {
    if (relay.idle().compareTo(idle) > 0) {
      return Optional.of("nothing moved here for " + idle.toMinutes() + " minutes");
    }
    if (!clock.instant().isBefore(relay.caller().notAfter())) {
      return Optional.of("your proxy or certificate has expired");
    }
    Optional<Workspace> now = parties.workspaces().find(relay.workspace().id());
    boolean here =
        now.isPresent()
            && !now.get().ended()
            && now.get().node().equals(relay.workspace().node())
            && parties.rights().mayHandle(relay.caller(), now.get());
    if (!here) {
      return Optional.of("the workspace ended, or is no longer yours");
    }
    try {
      Decision unused = parties.rights().requireMayRunAgain(relay.caller());
      return Optional.empty();
    } catch (RefusedException e) {
      return Optional.of(e.refusal().message());
    }
  }

  /** Everybody is told and let go; guests go on. */
  @Override
  public void close() {
    keeper.shutdownNow();
    relays.forEach(relay -> relay.end("the service stops"));
    threads.shutdown();
  }
}
