package org.hospes.service.endpoint;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.hospes.contract.GuestFiles;
import org.hospes.service.admission.Rights;
import org.hospes.service.audit.AuditEntry;
import org.hospes.service.audit.AuditLog;
import org.hospes.service.node.Node;
import org.hospes.service.node.NodeFiles;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeRegistry;
import org.hospes.service.node.NodeUnreachableException;
import org.hospes.service.workspace.FlatDisk;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.RefusedException;
import org.hospes.service.workspace.Workspace;
import org.hospes.service.workspace.WorkspaceRepository;
import org.hospes.trust.caller.Caller;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.bytes.ByteRange;
import org.hospes.wire.bytes.PartialAnswer;
import org.hospes.wire.security.CallContext;
import org.hospes.wire.security.SecureServerSetup;

/**
 * Disks of workspaces on their way from the node to their owners; see {@link GuestFiles}. Nothing
 * is kept here. No message is signed: the caller is the end entity of the TLS session. What a guest
 * wrote may be anything, so who may fetch it is who may stop the guest. Safe for many threads.
 */
public final class DiskEndpoint extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final String PATTERN = GuestFiles.DISK + "*";
  private static final String FETCH = "disk.fetch";
  private static final String FETCHED = "disk.fetched";
  private static final int BLOCK = 1 << 17;

  /** Each takes a thread of the server's while it lasts. */
  private static final int AT_ONCE = 8;

  private static final int OF_ONE_PERSON = 2;

  /** What was true when it began must go on being true. */
  private static final Duration LOOK = Duration.ofSeconds(5);

  /** Parts that the endpoint asks. */
  public record Parties(
      Rights rights,
      WorkspaceRepository workspaces,
      NodeRegistry nodes,
      NodeFiles files,
      AuditLog audit) {}

  /** One disk on its way. */
  private record Fetch(
      CallContext context, Workspace workspace, FlatDisk disk, Node node, ByteRange part) {}

  private final transient Parties parties;
  private final transient Lookup lookup;
  private final transient Clock clock;
  private final transient Map<DistinguishedName, Integer> underWay = new HashMap<>();

  public DiskEndpoint(Parties parties, Clock clock) {
    this.parties = parties;
    this.lookup = new Lookup(parties.workspaces(), parties.rights());
    this.clock = clock;
  }

  /** Adds it to a server, beside the SOAP ports. */
  public SecureServerSetup on(SecureServerSetup server) {
    return server.bytes(PATTERN, this);
  }

  /** How many disks are on their way. */
  public synchronized int count() {
    return underWay.values().stream().mapToInt(Integer::intValue).sum();
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    CallContext context = CallContext.of(request);
    CallAudit audit =
        new CallAudit(parties.audit(), () -> context, parties.rights()::version, clock);
    Caller caller = context.caller();
    try {
      parties.rights().requireMayChange(caller);
      Workspace workspace =
          lookup.byId(caller, String.valueOf(request.getPathInfo()).replaceFirst("^/", ""));
      FlatDisk disk = disk(workspace, request.getParameter(GuestFiles.DIGEST));
      Node node = node(workspace);
      claim(caller.dn());
      try {
        ByteRange part = PartialAnswer.head(request, response, disk.digest().bytes(), disk.bytes());
        if (part.length() > 0) {
          Fetch fetch = new Fetch(context, workspace, disk, node, part);
          try (InputStream bytes = open(fetch)) {
            audit.accepted(FETCH, caller, workspace);
            send(fetch, bytes, response.getOutputStream());
          }
        }
      } finally {
        release(caller.dn());
      }
    } catch (RefusedException e) {
      audit.refused(context, FETCH, e.refusal());
      if (!response.isCommitted()) {
        response.reset();
      }
      throw Refused.onTheWire(e.refusal());
    }
  }

  private static FlatDisk disk(Workspace workspace, String wanted) {
    FlatDisk disk =
        workspace
            .snapshots()
            .flat()
            .orElseThrow(
                () ->
                    Refusal.of(
                            Refusal.Category.NOT_FOUND,
                            "disk.absent",
                            "workspace " + workspace.id() + " has no disk that is ready to fetch")
                        .advice(
                            "stop it, and save it: workspace save " + workspace.id() + " --to FILE")
                        .fact("workspace", workspace.id())
                        .fact("state", workspace.state())
                        .toException());
    if (wanted != null && !wanted.equals(disk.digest().toString())) {
      throw Refusal.of(
              Refusal.Category.CONFLICT,
              "disk.changed",
              "the disk of workspace " + workspace.id() + " is another one by now")
          .advice("save it again, from the beginning")
          .fact("expected", wanted)
          .fact("found", disk.digest())
          .toException();
    }
    return disk;
  }

  private Node node(Workspace workspace) {
    String name = workspace.node().orElse("?");
    return parties
        .nodes()
        .find(name)
        .orElseThrow(
            () ->
                unreachable(
                    name, "node " + name + " has not been heard since the service started"));
  }

  private static RefusedException unreachable(String node, String why) {
    return Refusal.of(Refusal.Category.SITE, "node.unreachable", why)
        .advice("try again; if it stays so, tell the site's operators")
        .fact("node", node)
        .toException();
  }

  private synchronized void claim(DistinguishedName person) {
    int own = underWay.getOrDefault(person, 0);
    boolean all = count() >= AT_ONCE;
    if (all || own >= OF_ONE_PERSON) {
      throw Refusal.of(
              Refusal.Category.NO_CAPACITY,
              "disk.too-many",
              (all ? "as many disks as this site sends at once" : "as many as one person may fetch")
                  + " are on their way")
          .fact("most", all ? AT_ONCE : OF_ONE_PERSON)
          .advice("try again later")
          .toException();
    }
    underWay.put(person, own + 1);
  }

  private synchronized void release(DistinguishedName person) {
    underWay.computeIfPresent(person, (dn, own) -> own == 1 ? null : own - 1);
  }

  private InputStream open(Fetch fetch) {
    try {
      return parties
          .files()
          .flatDisk(
              fetch.node(),
              fetch.workspace().id(),
              fetch.disk().digest(),
              fetch.part().from(),
              fetch.part().to());
    } catch (NodeUnreachableException e) {
      throw unreachable(fetch.node().name(), e.getMessage());
    } catch (NodeRefusedException e) {
      throw e.refusal().toException();
    }
  }

  private void send(Fetch fetch, InputStream from, OutputStream to) throws IOException {
    long sent = 0;
    AuditEntry.Outcome outcome = AuditEntry.Outcome.FAILED;
    try {
      byte[] block = new byte[BLOCK];
      Instant look = clock.instant().plus(LOOK);
      while (sent < fetch.part().length()) {
        int n = from.read(block, 0, (int) Math.min(block.length, fetch.part().length() - sent));
        if (n < 0) {
          throw new EOFException("node " + fetch.node().name() + " broke the transfer off");
        }
        to.write(block, 0, n);
        sent += n;
        if (!clock.instant().isBefore(look)) {
          requireStillAllowed(fetch);
          look = clock.instant().plus(LOOK);
        }
      }
      outcome = AuditEntry.Outcome.DONE;
    } finally {
      parties
          .audit()
          .record(
              AuditEntry.of(
                      clock.instant(),
                      FETCHED,
                      outcome,
                      outcome == AuditEntry.Outcome.DONE ? "whole" : "broke off")
                  .by(fetch.context().caller().dn())
                  .about(fetch.workspace().id())
                  .fact("from", fetch.context().remoteAddress())
                  .fact("digest", fetch.disk().digest())
                  .fact("offset", fetch.part().from())
                  .fact("bytes", sent));
    }
  }

  private void requireStillAllowed(Fetch fetch) {
    Caller caller = fetch.context().caller();
    parties.rights().requireMayChange(caller);
    boolean allowed =
        clock.instant().isBefore(caller.notAfter())
            && parties
                .workspaces()
                .find(fetch.workspace().id())
                .filter(w -> !w.ended() && parties.rights().mayHandle(caller, w))
                .isPresent();
    if (!allowed) {
      throw Refusal.of(
              Refusal.Category.CONFLICT,
              "disk.over",
              "the workspace ended, is no longer yours, or your papers have expired")
          .toException();
    }
  }
}
