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
    return head(request, response, sha256, size, false).range();
  }

  /**
   * What is to follow the head of an answer.
   *
   * @param range these bytes; none when nothing of what was asked for exists
   * @param holes whether they are to be written without their empty pages, by {@link HolesOutput}
   */
  public record Body(ByteRange range, boolean holes) {}

  /** The same to a caller that may have asked for {@link Holes}. */
  public static Body bodyOf(
      HttpServletRequest request, HttpServletResponse response, byte[] sha256, long size) {
    return head(request, response, sha256, size, true);
  }

  private static Body head(
      HttpServletRequest request,
      HttpServletResponse response,
      byte[] sha256,
      long size,
      boolean holesOffered) {
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
      return new Body(wanted.get(), false);
    }
    ByteRange part = wanted.orElse(new ByteRange(0, size));
    response.setContentType("application/octet-stream");
    response.setHeader(
        "Repr-Digest", "sha-256=:" + Base64.getEncoder().encodeToString(sha256) + ":");
    boolean holes =
        holesOffered && Holes.wanted(request.getHeader(Holes.WANTED), wanted.isPresent());
    if (holes) {
      // How long it is, nobody knows before it is sent.
      response.setStatus(Holes.STATUS);
      response.setHeader(Holes.DONE, wanted.isPresent() ? Holes.OF_A_RANGE : Holes.NAME);
    } else {
      response.setContentLengthLong(part.length());
    }
    if (wanted.isPresent()) {
      if (!holes) {
        response.setStatus(HttpServletResponse.SC_PARTIAL_CONTENT);
      }
      response.setHeader(
          "Content-Range", "bytes " + part.from() + "-" + (part.to() - 1) + "/" + size);
    }
    return new Body(part, holes);
  }
}
