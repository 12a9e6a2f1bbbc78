package org.hospes.repo.http;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hospes.image.Digest;
import org.hospes.repo.access.AccessLists;
import org.hospes.repo.access.AuditTrail;
import org.hospes.repo.access.Visitor;
import org.hospes.repo.refusal.RepositoryRefusal;
import org.hospes.repo.store.StoredDisks;
import org.hospes.wire.bytes.ByteRange;
import org.hospes.wire.bytes.PartialAnswer;

/**
 * Disks: GET and HEAD {@code /sha256/HEX}, with one range. What an address means never changes. TLS
 * must see every byte, so the file is read through one buffer instead of being handed to the
 * kernel.
 */
public final class ImageServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final Pattern ADDRESS = Pattern.compile("/sha256/([0-9a-f]{64})");
  private static final int BLOCK = 1 << 18;

  private final transient StoredDisks disks;
  private final transient Supplier<AccessLists> access;
  private final transient Visitors visitors;
  private final transient AuditTrail audit;
  private final transient Semaphore places;
  private final transient LongConsumer served;

  /**
   * @param atOnce how many may be sent at once: slow readers must not take every thread
   * @param served is told how many bytes went out
   */
  public ImageServlet(
      StoredDisks disks,
      Supplier<AccessLists> access,
      Visitors visitors,
      AuditTrail audit,
      int atOnce,
      LongConsumer served) {
    this.disks = disks;
    this.access = access;
    this.visitors = visitors;
    this.audit = audit;
    this.places = new Semaphore(atOnce);
    this.served = served;
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    serve(request, response, false);
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    serve(request, response, true);
  }

  private void serve(HttpServletRequest request, HttpServletResponse response, boolean body)
      throws IOException {
    Visitor visitor = visitors.of(request);
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("path", String.valueOf(request.getPathInfo()));
    try {
      access.get().requireReader(visitor);
      Digest digest = digest(request.getPathInfo());
      Path file = disks.find(digest).orElseThrow(() -> unknown(request.getPathInfo()));
      if (!places.tryAcquire()) {
        response.setHeader("Retry-After", "5");
        throw new RepositoryRefusal(
                RepositoryRefusal.Kind.NO_CAPACITY,
                "download.too-many",
                "as many downloads as this site gives at once are under way")
            .advice("try again in a moment");
      }
      try {
        send(request, response, body, visitor, facts, digest, file);
      } finally {
        places.release();
      }
    } catch (RepositoryRefusal e) {
      facts.put("code", e.code());
      facts.put("reference", e.reference());
      audit.record("fetch", AuditTrail.Outcome.REFUSED, visitor, facts);
      throw e;
    }
  }

  private void send(
      HttpServletRequest request,
      HttpServletResponse response,
      boolean body,
      Visitor visitor,
      Map<String, String> facts,
      Digest digest,
      Path file)
      throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      response.setHeader("Cache-Control", "private, immutable, max-age=31536000");
      ByteRange part = PartialAnswer.head(request, response, digest.bytes(), size);
      if (body && part.length() > 0) {
        if (part.from() == 0) {
          facts.put("bytes", Long.toString(part.length()));
          audit.record("fetch", AuditTrail.Outcome.ACCEPTED, visitor, facts);
        }
        copy(channel, part, response.getOutputStream());
      }
    }
  }

  private void copy(FileChannel channel, ByteRange part, OutputStream out) throws IOException {
    ByteBuffer block = ByteBuffer.allocate((int) Math.min(BLOCK, part.length()));
    long at = part.from();
    while (at < part.to()) {
      block.clear().limit((int) Math.min(block.capacity(), part.to() - at));
      int read = channel.read(block, at);
      if (read < 0) {
        throw new EOFException("the disk became shorter while it was served");
      }
      out.write(block.array(), 0, read);
      at += read;
      served.accept(read);
    }
  }

  private static Digest digest(String address) {
    Matcher m = ADDRESS.matcher(address == null ? "" : address);
    if (!m.matches()) {
      throw unknown(address);
    }
    return new Digest(Digest.Algorithm.SHA256, m.group(1));
  }

  private static RepositoryRefusal unknown(String address) {
    return new RepositoryRefusal(
            RepositoryRefusal.Kind.NOT_FOUND, "image.unknown", "no such disk is kept here")
        .fact("found", address)
        .fact("expected", "/sha256/ and 64 hexadecimal digits");
  }
}
