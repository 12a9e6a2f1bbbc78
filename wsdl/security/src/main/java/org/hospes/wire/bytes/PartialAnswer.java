package org.hospes.wire.bytes;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/** Answers of files whose digest is known, whole or one range of them (RFC 9110, 14). */
public final class PartialAnswer {
  private PartialAnswer() {}

  /**
   * Writes the head of the answer: status, length, range, and the digest of the whole file as its
   * entity tag and in {@code Repr-Digest} (RFC 9530). A range of an older file is answered with the
   * whole of this one, as {@code If-Range} wants it.
   *
   * @param sha256 of the whole file
   * @param size of the whole file
   * @return which bytes are to follow; none when nothing of what was asked for exists
   */
  public static ByteRange head(
      HttpServletRequest request, HttpServletResponse response, byte[] sha256, long size) {
    String tag = "\"sha256:" + HexFormat.of().formatHex(sha256) + "\"";
    response.setHeader("Accept-Ranges", "bytes");
    response.setHeader("ETag", tag);
    String condition = request.getHeader("If-Range");
    Optional<ByteRange> wanted =
        condition == null || condition.equals(tag)
            ? ByteRange.wanted(request.getHeader("Range"), size)
            : Optional.empty();
    if (wanted.isPresent() && wanted.get().length() == 0) {
      response.setStatus(HttpServletResponse.SC_REQUESTED_RANGE_NOT_SATISFIABLE);
      response.setHeader("Content-Range", "bytes */" + size);
      response.setContentLength(0);
      return wanted.get();
    }
    ByteRange part = wanted.orElse(new ByteRange(0, size));
    response.setContentType("application/octet-stream");
    response.setHeader(
        "Repr-Digest", "sha-256=:" + Base64.getEncoder().encodeToString(sha256) + ":");
    response.setContentLengthLong(part.length());
    if (wanted.isPresent()) {
      response.setStatus(HttpServletResponse.SC_PARTIAL_CONTENT);
      response.setHeader(
          "Content-Range", "bytes " + part.from() + "-" + (part.to() - 1) + "/" + size);
    }
    return part;
  }
}
