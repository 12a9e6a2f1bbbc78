package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hospes.node.hypervisor.HypervisorContract.assertKind;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is said to a device model and taken from it: it serves a guest, and may be the guest's by
 * now.
 */
class XenThrottleTest {
  private static final String GREETING = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\n";
  private static final String DISK =
      "{\"device\": \"\", \"qdev\": \"/machine/unattached/device[%d]\", \"inserted\":"
          + " {\"bps_rd\": %d, \"bps_wr\": %d%s}}";

  @TempDir Path folder;
  private ServerSocketChannel server;
  private final List<String> heard = new CopyOnWriteArrayList<>();

  /** What it answers to one line. */
  private interface Manner {
    String answer(String line);
  }

  @BeforeEach
  void listen() throws IOException {
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(folder.resolve("qmp-libxenstat-7")));
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  private void deviceModel(String greeting, Manner manner) {
    Thread thread =
        new Thread(
            () -> {
              while (server.isOpen()) {
                try (SocketChannel peer = server.accept()) {
                  OutputStream out = Channels.newOutputStream(peer);
                  out.write(greeting.getBytes(UTF_8));
                  BufferedReader in = new BufferedReader(Channels.newReader(peer, UTF_8));
                  for (String line = in.readLine(); line != null; line = in.readLine()) {
                    heard.add(line);
                    out.write(manner.answer(line).getBytes(UTF_8));
                  }
                } catch (IOException e) {
                  // The other side hung up, or the test is over.
                }
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  private void serves(String... disks) {
    deviceModel(
        GREETING,
        line ->
            "{\"event\": \"RTC_CHANGE\"}\n"
                + (line.contains("query-block")
                    ? "{\"return\": [" + String.join(",", disks) + "]}\n"
                    : "{\"return\": {}}\n"));
  }

  private XenThrottle throttle() {
    return new XenThrottle(folder);
  }

  @Test
  void everyDiskIsPutIntoTheOneGroup() throws Exception {
    serves(DISK.formatted(2, 0, 0, ""), DISK.formatted(3, 0, 0, ""), "{\"device\": \"empty\"}");
    throttle().set(7, OptionalLong.of(1000));
    List<String> set = heard.stream().filter(line -> line.contains("io_throttle")).toList();
    assertEquals(2, set.size());
    assertTrue(set.get(1).contains("\"id\":\"/machine/unattached/device[3]\""), set.get(1));
    assertTrue(set.get(1).contains("\"bps_rd\":1000,\"bps_wr\":1000,\"group\":\"guest\""));
  }

  @Test
  void whatAllDisksComeToIsRead() throws Exception {
    String group = ", \"group\": \"guest\"";
    serves(DISK.formatted(2, 1000, 1000, group), DISK.formatted(3, 1000, 1000, group));
    assertEquals(OptionalLong.of(1000), throttle().read(7));
  }

  @Test
  void ratesOfDisksThatShareNoneAddUpAndOneWithoutIsNone() {
    DiskRate alone = new DiskRate("", 1000, 1000);
    assertEquals(OptionalLong.of(2000), DiskRate.together(List.of(alone, alone)));
    assertEquals(OptionalLong.of(5), DiskRate.together(List.of(new DiskRate("guest", 1, 5))));
    assertEquals(
        OptionalLong.empty(), DiskRate.together(List.of(alone, new DiskRate("", 1000, 0))));
    assertEquals(OptionalLong.empty(), DiskRate.together(List.of()));
  }

  @Test
  void aRefusalIsToldWithItsReason() {
    deviceModel(GREETING, line -> "{\"error\": {\"desc\": \"no such \\\"thing\\\"\"}}\n");
    assertTrue(
        assertKind(Kind.FAILED, () -> throttle().read(7))
            .getMessage()
            .contains("no such \"thing\""));
  }

  @Test
  void oneWithoutDisksIsNoGuestsDeviceModel() {
    serves();
    assertKind(Kind.FAILED, () -> throttle().read(7));
    assertKind(Kind.FAILED, () -> throttle().read(8));
  }

  @Test
  void oneThatSpeaksSomethingElseIsGivenUp() {
    deviceModel("SSH-2.0-OpenSSH\n", line -> "");
    assertKind(Kind.FAILED, () -> throttle().read(7));
  }

  @Test
  void oneThatNeverEndsALineIsGivenUp() {
    deviceModel(GREETING, line -> "x".repeat(2 << 20));
    assertKind(Kind.FAILED, () -> throttle().read(7));
  }

  @Test
  void silenceIsNotWaitedForLongerThanSaid() {
    deviceModel("", line -> "");
    IOException told =
        assertThrows(
            IOException.class,
            () ->
                DeviceModelMonitor.open(
                    folder.resolve("qmp-libxenstat-7"), Duration.ofMillis(200)));
    assertTrue(told.getMessage().contains("somebody else"), told.getMessage());
  }

  @Test
  void newsWithoutEndAreNoAnswer() {
    deviceModel(GREETING, line -> "{\"event\": \"x\"}\n".repeat(200_000));
    assertThrows(
        IOException.class,
        () -> DeviceModelMonitor.open(folder.resolve("qmp-libxenstat-7"), Duration.ofMillis(200)));
  }
}
