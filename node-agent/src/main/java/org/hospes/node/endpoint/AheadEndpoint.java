package org.hospes.node.endpoint;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hospes.contract.GuestFiles;
import org.hospes.contract.common.FaultCategory;
import org.hospes.node.sandbox.AuditTrail;
import org.hospes.node.sandbox.Offers;
import org.hospes.node.sandbox.Offers.Offered;
import org.hospes.node.sandbox.Offers.State;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.bytes.Holes;
import org.hospes.wire.bytes.HolesOutput;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.CallContext;
import org.hospes.wire.security.SecureServerSetup;

/**
 * Files of guests that are about to be handed over, as they stand or are being written; see {@link
 * GuestFiles#AHEAD}. Who may copy them, {@link Offers} say, while they are sent, too. Safe for many
 * threads.
 */
public final class AheadEndpoint extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final String PATTERN = GuestFiles.AHEAD + "*";
  private static final Pattern ADDRESS = Pattern.compile("/([^/]+)/(overlay|scratch|memory)");
  private static final int BLOCK = 1 << 18;
  private static final int PAGE = 4096;

  /** Each takes a thread of the server's while it lasts. */
  private static final int AT_ONCE = 8;

  private static final Duration LOOK = Duration.ofMillis(20);

  private final transient Offers offers;
  private final transient AuditTrail audit;
  private final transient Duration patience;
  private final transient Semaphore places = new Semaphore(AT_ONCE);

  /**
   * @param patience how long a file is waited for that is not there yet, and for more of one that
   *     does not grow
   */
  public AheadEndpoint(Offers offers, AuditTrail audit, Duration patience) {
    this.offers = offers;
    this.audit = audit;
    this.patience = patience;
  }

  /** Has a server serve it, to those to whom something is offered. */
  public SecureServerSetup on(SecureServerSetup server) {
    return server.bytes(PATTERN, this).peers(PATTERN, offers::admits);
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    CallContext call = CallContext.of(request);
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("caller", call.caller().dn().slash());
    facts.put("from", call.remoteAddress());
    try {
      Offered file = find(request, call, facts);
      if (!places.tryAcquire()) {
        throw RefusalException.of(
                FaultCategory.NO_CAPACITY,
                "file.too-many",
                "as many files as this node sends ahead at once are under way")
            .fact("most", AT_ONCE)
            .advice("try again in a moment");
      }
      try {
        facts.put("decision", "allowed");
        audit.record("file.ahead", facts);
        send(file, request, response);
      } finally {
        places.release();
      }
    } catch (RefusalException e) {
      facts.put("decision", "refused");
      facts.put("code", e.code());
      audit.record("file.ahead", facts);
      throw e;
    }
  }

  private Offered find(HttpServletRequest request, CallContext call, Map<String, String> facts) {
    Matcher address = ADDRESS.matcher(String.valueOf(request.getPathInfo()));
    if (call.caller().proxy() != ProxyKind.NONE || !address.matches()) {
      throw absent();
    }
    facts.put("workspace", address.group(1));
    facts.put("file", address.group(2));
    return offers
        .find(OrderXml.id(address.group(1)), address.group(2), call.caller().dn())
        .orElseThrow(AheadEndpoint::absent);
  }

  private static RefusalException absent() {
    return RefusalException.of(
        FaultCategory.NOT_FOUND, "file.absent", "no such file is here for this caller");
  }

  private void send(Offered file, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    State state = awaited(file);
    response.setContentType("application/octet-stream");
    OutputStream out = response.getOutputStream();
    if (Holes.wanted(request.getHeader(Holes.WANTED))) {
      response.setStatus(Holes.STATUS);
      response.setHeader(Holes.DONE, Holes.NAME);
      out = new HolesOutput(out);
    }
    if (state == State.AWAITED) {
      // Nothing yet: whoever asked asks again, and hears by this that the offer stands.
      return;
    }
    try (FileChannel channel =
        FileChannel.open(file.file(), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      follow(file, channel, out);
    } catch (NoSuchFileException e) {
      // It is about to be made, or was taken away again.
      return;
    }
  }

  /** The state once there is something to send, or the time is over. */
  private State awaited(Offered file) throws IOException {
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      State state = file.state();
      if (state == State.WITHDRAWN) {
        throw absent();
      }
      boolean there = Files.isRegularFile(file.file(), LinkOption.NOFOLLOW_LINKS);
      if (state == State.WHOLE || (state == State.GROWS && there)) {
        return state;
      }
      if (System.nanoTime() - end > 0) {
        return State.AWAITED;
      }
      pause();
    }
  }

  private void follow(Offered offered, FileChannel channel, OutputStream out) throws IOException {
    Object identity = identity(offered.file());
    // A disk is sent as long as it is now, or a guest that writes would never let it end.
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    long at = 0;
    long last = offered.state() == State.WHOLE ? channel.size() : Long.MAX_VALUE;
    long grew = System.nanoTime();
    while (true) {
      // The state before the length: what is whole then has this length.
      State state = offered.state();
      long size = channel.size();
      if (state == State.WITHDRAWN || state == State.AWAITED || size < at) {
        throw new IOException("the file is not offered any more");
      }
      boolean whole = state == State.WHOLE;
      // While it grows its last page may be half written.
      long until = Math.min(last, whole ? size : size - size % PAGE);
      if (at < until) {
        at = send(channel, block, at, until, out);
        grew = System.nanoTime();
      } else if (whole) {
        out.flush();
        return;
      } else {
        if (!identity.equals(identity(offered.file()))) {
          throw new IOException("the file is another one now");
        }
        out.flush();
        if (System.nanoTime() - grew > patience.toNanos()) {
          // Whoever saves it may take long to begin: it is asked for again, as one that is not
          // there.
          return;
        }
        pause();
      }
    }
  }

  /** Sends one block; returns how far it is. */
  private static long send(
      FileChannel channel, ByteBuffer block, long from, long until, OutputStream out)
      throws IOException {
    block.clear().limit((int) Math.min(BLOCK, until - from));
    int read = channel.read(block, from);
    if (read < 0) {
      throw new IOException("the file became shorter while it was sent");
    }
    out.write(block.array(), 0, read);
    return from + read;
  }

  /** Which file it is: a save that is begun anew writes another one. */
  private static Object identity(Path file) throws IOException {
    BasicFileAttributes found =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    return found.fileKey() == null ? found.creationTime() : found.fileKey();
  }

  private static void pause() throws IOException {
    try {
      TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    }
  }
}
