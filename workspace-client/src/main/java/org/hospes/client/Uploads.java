package org.hospes.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.LongConsumer;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.io.HttpClientConnectionManager;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.client5.http.ssl.NoopHostnameVerifier;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.EntityTemplate;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.support.ClassicRequestBuilder;
import org.apache.hc.core5.util.Timeout;
import org.hospes.wire.refusal.Refusals;

/**
 * Sends bytes to a repository. By Apache's client, since Java's own never returns when a server
 * that was asked whether to go on says no and closes the connection at once.
 */
final class Uploads {
  private static final Timeout CONNECT = Timeout.ofSeconds(10);

  /** For the answer, once everything is sent, or for one byte to leave. */
  private static final Timeout ANSWER = Timeout.ofMinutes(5);

  private static final int PIECE = 64 << 10;

  private final SSLContext tls;

  /**
   * @param tls which checks by itself that the other side is the expected server
   */
  Uploads(SSLContext tls) {
    this.tls = tls;
  }

  /**
   * Sends a file from a byte on. A refusal is read before any of it is sent.
   *
   * @param progress hears how many bytes of the file have left
   * @throws IOException when the connection breaks
   * @throws org.hospes.wire.refusal.RefusalException when the repository refuses
   */
  void send(URI address, Path disk, long from, LongConsumer progress) throws IOException {
    try (FileChannel file = FileChannel.open(disk, StandardOpenOption.READ);
        CloseableHttpClient http = client()) {
      long size = file.size();
      if (from >= size) {
        return;
      }
      file.position(from);
      InputStream counted = new CountedStream(Channels.newInputStream(file), from, progress);
      http.execute(
          ClassicRequestBuilder.put(address)
              .setHeader("Content-Range", "bytes " + from + "-" + (size - 1) + "/" + size)
              .setEntity(
                  // In larger pieces than the client's own entities are written.
                  new EntityTemplate(
                      size - from,
                      ContentType.APPLICATION_OCTET_STREAM,
                      null,
                      out -> copy(counted, out)))
              .build(),
          answer -> {
            if (answer.getCode() >= 300) {
              throw Refusals.fromHttp(
                  answer.getCode(),
                  answer.getEntity() == null
                      ? new byte[0]
                      : EntityUtils.toByteArray(answer.getEntity()));
            }
            return null;
          });
    }
  }

  private static void copy(InputStream from, OutputStream to) throws IOException {
    byte[] piece = new byte[PIECE];
    for (int n = from.read(piece); n >= 0; n = from.read(piece)) {
      to.write(piece, 0, n);
    }
  }

  private CloseableHttpClient client() {
    HttpClientConnectionManager connections =
        PoolingHttpClientConnectionManagerBuilder.create()
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(CONNECT)
                    .setSocketTimeout(ANSWER)
                    .build())
            .setTlsSocketStrategy(
                new DefaultClientTlsStrategy(
                    tls, HostnameVerificationPolicy.CLIENT, NoopHostnameVerifier.INSTANCE))
            .build();
    return HttpClients.custom()
        .setConnectionManager(connections)
        .setDefaultRequestConfig(
            RequestConfig.custom()
                .setExpectContinueEnabled(true)
                .setResponseTimeout(ANSWER)
                .build())
        .disableRedirectHandling()
        .disableAutomaticRetries()
        .disableCookieManagement()
        .disableAuthCaching()
        .disableContentCompression()
        .build();
  }
}
