package org.hospes.wire.security;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** A request whose body keeps a pace. */
final class PacedRequest extends HttpServletRequestWrapper {
  private final Pace pace;
  private ServletInputStream paced;

  PacedRequest(HttpServletRequest request, Pace pace) {
    super(request);
    this.pace = pace;
  }

  @Override
  public ServletInputStream getInputStream() throws IOException {
    if (paced == null) {
      paced = new Paced(super.getInputStream(), pace);
    }
    return paced;
  }

  @Override
  public BufferedReader getReader() throws IOException {
    return new BufferedReader(new InputStreamReader(getInputStream(), StandardCharsets.UTF_8));
  }

  private static final class Paced extends ServletInputStream {
    private final ServletInputStream in;
    private final Pace pace;

    Paced(ServletInputStream in, Pace pace) {
      this.in = in;
      this.pace = pace;
    }

    @Override
    public int read() throws IOException {
      pace.begin(0);
      int moved = -1;
      try {
        int value = in.read();
        moved = value < 0 ? -1 : 1;
        return value;
      } finally {
        pace.end(moved);
      }
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      pace.begin(0);
      int moved = -1;
      try {
        moved = in.read(bytes, offset, length);
        return moved;
      } finally {
        pace.end(moved);
      }
    }

    @Override
    public int available() throws IOException {
      return in.available();
    }

    @Override
    public boolean isFinished() {
      return in.isFinished();
    }

    @Override
    public boolean isReady() {
      return in.isReady();
    }

    @Override
    public void setReadListener(ReadListener listener) {
      in.setReadListener(listener);
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
