package org.hospes.image.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** Ranges over HTTPS (RFC 9110, 14). The client decides whom it talks to; redirects are refused. */
public final class HttpRangeSource implements RangeSource {
  private final HttpClient client;
  private final Duration patience;

  /**
   * @param client with TLS set up, and {@link HttpClient.Redirect#NEVER}
   * @param patience how long to wait for the head of an answer
   */
  public HttpRangeSource(HttpClient client, Duration patience) {
    this.client = client;
    this.patience = patience;
  }

  @Override
  public InputStream open(URI address, long from, long to) throws IOException {
    if (!"https".equals(address.getScheme())) {
      throw new IOException(address + ": expected an https address");
    }
    HttpRequest request =
        HttpRequest.newBuilder(address)
            .timeout(patience)
            .header("Range", "bytes=" + from + "-" + (to - 1))
            .header("Accept-Encoding", "identity")
            .GET()
            .build();
    HttpResponse<InputStream> response;
    try {
      response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    }
    String expected = "bytes " + from + "-" + (to - 1) + "/";
    Optional<String> range = response.headers().firstValue("Content-Range");
    if (response.statusCode() == 206 && range.filter(r -> r.startsWith(expected)).isPresent()) {
      return response.body();
    }
    response.body().close();
    throw new IOException(
        address
            + ": expected status 206 with "
            + expected
            + "..., found "
            + response.statusCode()
            + range.map(r -> " with " + r).orElse(""));
  }
}
