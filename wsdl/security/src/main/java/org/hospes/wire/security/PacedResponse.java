package org.hospes.wire.security;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;

/** An answer whose reader keeps a pace. */
final class PacedResponse extends HttpServletResponseWrapper {
  private final Pace pace;
  private ServletOutputStream paced;

  PacedResponse(HttpServletResponse response, Pace pace) {
    super(response);
    this.pace = pace;
  }

  @Override
  public ServletOutputStream getOutputStream() throws IOException {
    if (paced == null) {
      paced = new Paced(super.getOutputStream(), pace);
    }
    return paced;
  }

  private static final class Paced extends ServletOutputStream {
    private final ServletOutputStream out;
    private final Pace pace;

    Paced(ServletOutputStream out, Pace pace) {
      this.out = out;
      this.pace = pace;
    }

    @Override
    public void write(int value) throws IOException {
      pace.begin(1);
      int moved = -1;
      try {
        out.write(value);
        moved = 1;
      } finally {
        pace.end(moved);
      }
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      pace.begin(length);
      int moved = -1;
      try {
        out.write(bytes, offset, length);
        moved = length;
      } finally {
        pace.end(moved);
      }
    }

    @Override
    public void flush() throws IOException {
      pace.begin(0);
      int moved = -1;
      try {
        out.flush();
        moved = 0;
      } finally {
        pace.end(moved);
      }
    }

    @Override
    public boolean isReady() {
      return out.isReady();
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      out.setWriteListener(listener);
    }

    @Override
    public void close() throws IOException {
      pace.begin(0);
      int moved = -1;
      try {
        out.close();
        moved = 0;
      } finally {
        pace.end(moved);
      }
    }
  }
}
