package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.hospes.contract.workspace.WorkspacePort;
import org.hospes.wire.testsite.WireSite;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a refused message costs a warm server that takes as much as any here, in processor time and
 * memory of all its threads, the signature of the fault included. Times of threads and medians: how
 * busy the machine is does not count; nor does how fast it runs Java, which a busy one compiles
 * late: where that takes longer than is promised, it is measured by Java's own parser.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileMessageCostTest {
  private static final int LARGEST = (int) ServerLimits.defaults().messageBytes();
  private static final int WARM = 12;
  private static final int SAMPLES = 7;
  private static final long MOST_NANOS = 50_000_000;
  private static final long MOST_YARDS = 4;
  private static final long MOST_BYTES = 16 << 20;
  private static final byte[] YARDSTICK =
      ("<m>" + "<d a='1'>x</d>".repeat(LARGEST / 14) + "</m>").getBytes(StandardCharsets.UTF_8);

  private WireSite site;
  private SecureClient client;
  private URI address;
  private HttpClient http;

  /** The draft has a good signature; each shape makes the most of what it may. */
  enum Shape {
    A_LONG_TEXT(m -> body(m, "x".repeat(room(m)))),
    MANY_ELEMENTS(m -> body(m, "<a/>".repeat(19_000))),
    MANY_ATTRIBUTES(m -> body(m, attributes(m, 160))),
    MANY_NAMESPACES(m -> body(m, namespaces(m, 160))),
    TOO_MANY_ATTRIBUTES(m -> body(m, attributes(m, 2000))),
    TOO_MANY_NAMESPACES(m -> body(m, namespaces(m, 2000))),
    MANY_ENTITIES(m -> body(m, "&lt;&#x41;".repeat(room(m) / 10))),
    DEEP(m -> body(m, ("<d>".repeat(55) + "</d>".repeat(55)).repeat(300))),
    TOO_DEEP(m -> body(m, "<d>".repeat(50_000))),
    TOO_MANY_ELEMENTS(m -> body(m, "<a/>".repeat(200_000))),
    TOO_LARGE(m -> body(m, "x".repeat(3 * LARGEST))),
    A_TYPE(m -> "<!DOCTYPE a [<!ENTITY b \"" + "c".repeat(1000) + "\">]>" + m),
    A_LONG_HEADER(
        m -> m.replace("</soap:Header>", "<w>" + "x".repeat(room(m)) + "</w></soap:Header>"));

    final UnaryOperator<String> change;

    Shape(UnaryOperator<String> change) {
      this.change = change;
    }

    private static int room(String message) {
      return LARGEST - message.length() - 1000;
    }

    private static String body(String message, String more) {
      return message.replace("</soap:Body>", more + "</soap:Body>");
    }

    private static String attributes(String message, int elements) {
      StringBuilder element = new StringBuilder("<a");
      for (int i = 0; i < 60; i++) {
        element.append(" a").append(i).append("='1'");
      }
      String one = element.append("/>").toString();
      return one.repeat(Math.min(elements, room(message) / one.length()));
    }

    private static String namespaces(String message, int elements) {
      StringBuilder element = new StringBuilder("<a");
      for (int i = 0; i < 60; i++) {
        element.append(" xmlns:a").append(i).append("='u:").append(i).append("'");
      }
      String one = element.append("/>").toString();
      return one.repeat(Math.min(elements, room(message) / one.length()));
    }
  }

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    site = WireSite.create(directory);
    SecureServer server =
        site.start(
            site.server()
                .signed(EchoPort.PATH, new EchoPort(), WorkspacePort.class, EchoPort.WSDL));
    address = WireSite.uri(server, EchoPort.PATH);
    client = site.client(site.pki().user("Ada"));
    http = client.bytes(WireSite.LOCALHOST);
  }

  @AfterAll
  void stop() throws Exception {
    site.close();
  }

  @ParameterizedTest
  @EnumSource
  void costsLittle(Shape shape) throws Exception {
    String message = shape.change.apply(Drafts.signed(client, address));
    long[] nanos = new long[SAMPLES];
    long[] yards = new long[SAMPLES];
    long[] bytes = new long[SAMPLES];
    for (int i = -WARM; i < SAMPLES; i++) {
      long yard = yardstick();
      long[] before = spent();
      assertNotEquals(200, Drafts.post(http, address, message).status());
      long[] after = spent();
      if (i >= 0) {
        nanos[i] = after[0] - before[0];
        yards[i] = yard;
        bytes[i] = after[1] - before[1];
      }
    }
    Arrays.sort(nanos);
    Arrays.sort(yards);
    Arrays.sort(bytes);
    long time = nanos[SAMPLES / 2];
    long memory = bytes[SAMPLES / 2];
    String found = shape + ": " + time / 1_000_000.0 + " ms, " + (memory >> 10) + " KiB";
    long most = Math.max(MOST_NANOS, MOST_YARDS * yards[SAMPLES / 2]);
    assertTrue(time < most && memory < MOST_BYTES, found + ", at most " + most / 1_000_000.0);
  }

  /** What Java's own parser takes to read as much: how fast this machine is now, and its Java. */
  private static long yardstick() throws XMLStreamException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadCpuTime();
    XMLStreamReader reader =
        XMLInputFactory.newDefaultFactory()
            .createXMLStreamReader(new ByteArrayInputStream(YARDSTICK));
    while (reader.hasNext()) {
      int unused = reader.next();
    }
    return threads.getCurrentThreadCpuTime() - before;
  }

  /** Nanoseconds and bytes of the server's threads. */
  private static long[] spent() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long[] sum = new long[2];
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("wire-")) {
        sum[0] += Math.max(0, threads.getThreadCpuTime(thread.getId()));
        sum[1] += Math.max(0, threads.getThreadAllocatedBytes(thread.getId()));
      }
    }
    return sum;
  }
}
