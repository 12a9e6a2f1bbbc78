package org.hospes.node.endpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.node.Receive;
import org.hospes.node.journal.Arrival;
import org.hospes.node.journal.HandOver;
import org.hospes.node.journal.HandedFile;
import org.hospes.node.network.FormerNetwork;
import org.hospes.node.network.Forward;
import org.hospes.wire.refusal.RefusalException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a service passes on of a guest that changes its node. */
class HandOverXmlTest {
  private static final String DIGEST = "0123456789abcdef".repeat(4);

  private final HandOver papers =
      new HandOver(
          "wish-1",
          "/CN=target.test",
          true,
          "qemu",
          Optional.of("qemu 7.2.22 tcg x86_64"),
          new FormerNetwork(
              "192.168.150.7",
              "52:54:c0:a8:96:07",
              "192.168.150.1",
              List.of(new Forward("198.51.100.11", 30_001, 80))),
          List.of(
              new HandedFile("overlay", 7, DIGEST),
              new HandedFile("memory", 8, DIGEST),
              new HandedFile("seed", 9, DIGEST),
              new HandedFile("snapshot/s.1/overlay", 10, DIGEST)),
          List.of(new HandOver.HandedSnapshot("s.1", Instant.EPOCH, 11)));

  private Receive request() {
    Receive request = new Receive();
    request.setWish("wish-1");
    request.setFileSource("https://source.test:9445/node");
    request.setSourceName("/CN=source.test");
    request.setHandOver(HandOverXml.write(papers));
    return request;
  }

  @Test
  void whatIsWrittenIsRead() {
    assertEquals(
        new Arrival(
            "wish-1", URI.create("https://source.test:9445/node"), "/CN=source.test", papers),
        HandOverXml.arrival(request()));
  }

  private void assertInvalid(String element, Consumer<Receive> change) {
    Receive request = request();
    change.accept(request);
    RefusalException refused =
        assertThrows(RefusalException.class, () -> HandOverXml.arrival(request), element);
    assertEquals(FaultCategory.INVALID, refused.category(), element);
    assertEquals("order.invalid", refused.code(), element);
    assertEquals(element, refused.facts().get("element"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../overlay",
        "/etc/passwd",
        "overlay/..",
        "snapshot/../overlay",
        "disk.qcow2",
        "snapshot/s.1/console"
      })
  void aFileThatIsNoneOfAGuestsIsRefused(String name) {
    assertInvalid("handOver", r -> r.getHandOver().getFile().get(3).setName(name));
  }

  @Test
  void whatIsMissingOrMakesNoSenseIsNamed() {
    Map<String, Consumer<Receive>> changes =
        Map.ofEntries(
            Map.entry("wish", r -> r.setWish("../x")),
            Map.entry("sourceName", r -> r.setSourceName(null)),
            Map.entry("fileSource", r -> r.setFileSource("http://source.test/")),
            Map.entry("handOver.to", r -> r.getHandOver().setTo(null)),
            Map.entry("handOver.platform", r -> r.getHandOver().setPlatform(null)),
            Map.entry("handOver.address", r -> r.getHandOver().setAddress(null)),
            Map.entry("handOver.mac", r -> r.getHandOver().setMac(null)),
            Map.entry("handOver.gateway", r -> r.getHandOver().setGateway(null)),
            Map.entry(
                "handOver.forward.hostPort",
                r -> r.getHandOver().getForward().get(0).setHostPort(null)),
            Map.entry(
                "handOver.file.digest",
                r -> r.getHandOver().getFile().get(0).setDigest("sha1:" + "0".repeat(40))),
            Map.entry(
                "handOver.snapshot.takenAt",
                r -> r.getHandOver().getSnapshot().get(0).setTakenAt(null)),
            Map.entry("handOver", r -> r.getHandOver().setMachine(null)));
    changes.forEach(this::assertInvalid);
    assertInvalid("fileSource", r -> r.setFileSource("not an address"));
    assertInvalid("handOver", r -> r.setHandOver(null));
    assertInvalid("handOver", r -> r.getHandOver().getFile().remove(0));
    assertInvalid("handOver", r -> r.getHandOver().getFile().get(0).setBytes(-1));
  }
}
