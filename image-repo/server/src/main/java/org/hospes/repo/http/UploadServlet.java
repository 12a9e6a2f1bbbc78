package org.hospes.repo.http;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.hospes.repo.access.AccessLists;
import org.hospes.repo.access.AuditTrail;
import org.hospes.repo.access.Visitor;
import org.hospes.repo.refusal.RepositoryRefusal;
import org.hospes.repo.store.RateLimit;
import org.hospes.repo.store.Upload;
import org.hospes.repo.store.Uploads;
import org.hospes.wire.bytes.ByteRange;

/**
 * Bytes of announced images: PUT {@code /ID} with the whole disk, or with {@code Content-Range:
 * bytes FROM-LAST/SIZE} the part that goes on where the last one ended. The answer's {@code
 * Upload-Received} says how many bytes are here. Nothing is believed of them until they are
 * published.
 */
public final class UploadServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final String RECEIVED = "Upload-Received";

  private final transient Uploads uploads;
  private final transient Supplier<AccessLists> access;
  private final transient Visitors visitors;
  private final transient AuditTrail audit;
  private final transient RateLimit rate;
  private final transient Semaphore places;
  private final transient LongConsumer came;

  /**
   * @param rate shared by all uploads
   * @param atOnce how many may be received at once
   * @param came is told how many bytes an upload brought
   */
  public UploadServlet(
      Uploads uploads,
      Supplier<AccessLists> access,
      Visitors visitors,
      AuditTrail audit,
      RateLimit rate,
      int atOnce,
      LongConsumer came) {
    this.uploads = uploads;
    this.access = access;
    this.visitors = visitors;
    this.audit = audit;
    this.rate = rate;
    this.places = new Semaphore(atOnce);
    this.came = came;
  }

  @Override
  protected void doPut(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Visitor visitor = visitors.of(request);
    Map<String, String> facts = new LinkedHashMap<>();
    try {
      access.get().requirePublisher(visitor);
      Upload upload = find(request.getPathInfo(), visitor);
      facts.put("digest", upload.digest().toString());
      if (!places.tryAcquire()) {
        response.setHeader("Retry-After", "5");
        throw new RepositoryRefusal(
                RepositoryRefusal.Kind.NO_CAPACITY,
                "upload.too-many",
                "as many uploads as this site takes at once are under way")
            .advice("try again in a moment");
      }
      try {
        receive(request, response, upload, facts);
      } finally {
        places.release();
      }
      audit.record("upload", AuditTrail.Outcome.ACCEPTED, visitor, facts);
    } catch (RepositoryRefusal e) {
      // The rest of the body is not worth reading.
      response.setHeader("Connection", "close");
      facts.put("code", e.code());
      facts.put("reference", e.reference());
      audit.record("upload", AuditTrail.Outcome.REFUSED, visitor, facts);
      throw e;
    }
  }

  private Upload find(String path, Visitor visitor) {
    Upload upload =
        uploads
            .find(path == null || path.isEmpty() ? "" : path.substring(1))
            .filter(found -> found.publisher().equals(visitor.dn()))
            .orElse(null);
    if (upload == null) {
      throw new RepositoryRefusal(
              RepositoryRefusal.Kind.NOT_FOUND,
              "upload.unknown",
              "no such upload was announced by " + visitor.dn())
          .advice("publish again: the answer says where to send the bytes, and how many are here");
    }
    return upload;
  }

  private void receive(
      HttpServletRequest request,
      HttpServletResponse response,
      Upload upload,
      Map<String, String> facts)
      throws IOException {
    if (!upload.lock().tryLock()) {
      throw new RepositoryRefusal(
              RepositoryRefusal.Kind.CONFLICT,
              "upload.busy",
              "another connection is sending or publishing these bytes")
          .advice("wait for it to end");
    }
    try {
      if (!uploads.current(upload)) {
        throw new RepositoryRefusal(
                RepositoryRefusal.Kind.NOT_FOUND, "upload.unknown", "the upload has ended")
            .advice("publish again");
      }
      ByteRange range = range(request, upload);
      facts.put("offset", Long.toString(range.from()));
      facts.put("bytes", Long.toString(range.length()));
      long before = range.from();
      try {
        upload.receive(request.getInputStream(), range.from(), range.length(), rate);
      } finally {
        came.accept(upload.received() - before);
      }
      response.setHeader(RECEIVED, Long.toString(upload.received()));
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    } finally {
      upload.lock().unlock();
    }
  }

  private static ByteRange range(HttpServletRequest request, Upload upload) throws IOException {
    long length = request.getContentLengthLong();
    String header = request.getHeader("Content-Range");
    ByteRange range =
        header == null
            ? new ByteRange(0, upload.size())
            : ByteRange.sent(header, upload.size()).orElse(null);
    if (range == null || length != range.length()) {
      throw new RepositoryRefusal(
              RepositoryRefusal.Kind.INVALID, "upload.range", "these are not the bytes agreed on")
          .fact("expected", upload.size() + " bytes, or a Content-Range of them")
          .fact("found", header == null ? length + " bytes" : header + " with " + length);
    }
    if (range.from() > upload.received() || (header != null && range.from() < upload.received())) {
      throw new RepositoryRefusal(
              RepositoryRefusal.Kind.CONFLICT,
              "upload.offset",
              "the upload goes on elsewhere than these bytes begin")
          .fact("expected", upload.received())
          .fact("found", range.from())
          .fact("received", upload.received())
          .advice("go on from the byte that 'received' names");
    }
    return range;
  }
}
