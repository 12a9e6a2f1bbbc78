package org.hospes.service.app;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.hospes.image.Digest;
import org.hospes.wire.bytes.ByteRange;
import org.hospes.wire.bytes.PartialAnswer;
import org.hospes.wire.refusal.RefusalException;

/** A node's files as the service sees them: one, which may break off. */
final class TestNodeFiles extends HttpServlet {
  private static final long serialVersionUID = 1L;

  /** Path and query of what was asked, and the range. */
  final transient BlockingQueue<String> asked = new LinkedBlockingQueue<>();

  transient volatile byte[] file = new byte[0];
  transient volatile Digest digest;
  transient volatile RefusalException refuseNext;

  /** After so many bytes the next answer breaks off; negative for never. */
  transient volatile int breakNextAfter = -1;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    asked.add(
        request.getPathInfo() + "?" + request.getQueryString() + " " + request.getHeader("Range"));
    RefusalException refusal = refuseNext;
    refuseNext = null;
    if (refusal != null) {
      throw refusal;
    }
    int end = breakNextAfter;
    breakNextAfter = -1;
    ByteRange part = PartialAnswer.head(request, response, digest.bytes(), file.length);
    int length = (int) part.length();
    response
        .getOutputStream()
        .write(file, (int) part.from(), end < 0 ? length : Math.min(end, length));
    if (end >= 0) {
      response.flushBuffer();
      throw new IOException("the test breaks it off");
    }
  }
}
