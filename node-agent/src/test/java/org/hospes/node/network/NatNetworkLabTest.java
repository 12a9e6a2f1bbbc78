package org.hospes.node.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The sandbox seen from inside: guests are namespaces on the real bridge under the real rules, with
 * another server of the site on the uplink's own network and a host of the outside behind it.
 */
@Tag("lab")
class NatNetworkLabTest {
  private static final String NODE = "198.51.100.11";
  private static final String NEIGHBOUR = "198.51.100.3";
  private static final String OUTSIDE = "203.0.113.1";

  @TempDir Path state;
  private OwnNetwork node;
  private NatNetwork network;
  private final List<String> namespaces = new ArrayList<>();
  private final List<Process> servers = new ArrayList<>();
  private OptionalLong rate = OptionalLong.empty();
  private final SystemTool tool = new SystemTool();
  private final String prefix = "hnl" + ProcessHandle.current().pid() % 10000;

  @BeforeEach
  void raise() throws Exception {
    node = new OwnNetwork();
    node.run(
        () -> {
          sh("ip link set lo up");
          host("site", "up0", NEIGHBOUR + "/24", NODE + "/24");
          sh("ip netns exec " + ns("site") + " ip addr add " + OUTSIDE + "/24 dev eth0");
          sh("ip route add default via " + NEIGHBOUR);
          serve(ns("site"), NEIGHBOUR);
          serve(ns("site"), OUTSIDE);
          serve(null, NODE);
          network = NatNetwork.open(settings(List.of()), new PlainBridge());
          network.recover(List.of());
          return null;
        });
  }

  @AfterEach
  void fell() throws Exception {
    servers.forEach(Process::destroyForcibly);
    for (String name : namespaces) {
      sh("ip netns del " + name);
    }
    node.close();
  }

  private NetworkSettings settings(List<String> refused) {
    return new NetworkSettings(
        "hospes0",
        "192.168.150.0/24",
        Optional.empty(),
        Optional.empty(),
        30000,
        30009,
        refused,
        rate,
        state);
  }

  @Test
  void aGuestReachesTheOutsideAndNothingOfTheSite() throws Exception {
    node.run(
        () -> {
          Attachment a = guest(UUID.randomUUID(), 80);
          network.readBack(a);
          assertTrue(reaches(a, OUTSIDE), "the outside through NAT");
          assertFalse(reaches(a, NEIGHBOUR), "the site's other server");
          assertFalse(reaches(a, NODE), "the node's own address");
          assertFalse(reaches(a, a.gateway()), "the node's address on the bridge");
          return null;
        });
  }

  @Test
  void guestsDoNotReachEachOther() throws Exception {
    node.run(
        () -> {
          Attachment a = guest(UUID.randomUUID());
          Attachment b = guest(UUID.randomUUID());
          serve(ns(b.interfaceName()), b.address());
          assertFalse(reaches(a, b.address()));
          String entry = "ip neigh replace " + b.address() + " lladdr " + b.mac() + " dev eth0";
          sh("ip netns exec " + ns(a.interfaceName()) + " " + entry);
          assertFalse(reaches(a, b.address()), "not even knowing the other's MAC");
          return null;
        });
  }

  @Test
  void aForwardedPortLeadsToTheGuestFromTheSiteAndFromTheNode() throws Exception {
    node.run(
        () -> {
          Attachment a = guest(UUID.randomUUID(), 80);
          serve(ns(a.interfaceName()), a.address());
          int port = a.forwards().get(0).hostPort();
          assertTrue(fetch(ns("site"), NODE + ":" + port));
          assertTrue(fetch(null, NODE + ":" + port));
          network.release(a.id());
          assertFalse(fetch(ns("site"), NODE + ":" + port));
          return null;
        });
  }

  @Test
  void aSpoofedAddressOrMacGoesNowhere() throws Exception {
    node.run(
        () -> {
          Attachment a = guest(UUID.randomUUID());
          String in = "ip netns exec " + ns(a.interfaceName()) + " ";
          assertTrue(reaches(a, OUTSIDE));
          sh(in + "ip addr flush dev eth0");
          sh(in + "ip addr add 192.168.150.77/24 dev eth0");
          sh(in + "ip route add default via " + a.gateway());
          assertFalse(reaches(a, OUTSIDE), "another guest's address");
          sh(in + "ip addr flush dev eth0");
          sh(in + "ip addr add " + a.address() + "/24 dev eth0");
          sh(in + "ip route add default via " + a.gateway());
          assertTrue(reaches(a, OUTSIDE), "its own again");
          sh(in + "ip link set eth0 address 52:54:00:11:22:33");
          assertFalse(reaches(a, OUTSIDE), "another MAC");
          return null;
        });
  }

  @Test
  void theGatewayIsNotReachedOverIpv6() throws Exception {
    node.run(
        () -> {
          Attachment a = guest(UUID.randomUUID());
          sh("ip -6 addr add fd00::1/64 dev up0 nodad");
          String in = "ip netns exec " + ns(a.interfaceName()) + " ";
          sh(in + "ip -6 addr add fd00::2/64 dev eth0 nodad");
          assertFalse(
              tool.attempt("", words(in + "ping -6 -c1 -W1 fd00::1")).exit() == 0, "IPv6 is off");
          return null;
        });
  }

  @Test
  void aListedSiteNetworkIsRefused() throws Exception {
    node.run(
        () -> {
          network = NatNetwork.open(settings(List.of("203.0.113.0/24")), new PlainBridge());
          network.recover(List.of());
          assertFalse(reaches(guest(UUID.randomUUID()), OUTSIDE));
          return null;
        });
  }

  @Test
  void whatSomebodyChangedIsFoundWhenReadBack() throws Exception {
    node.run(
        () -> {
          Attachment a = guest(UUID.randomUUID(), 80);
          network.readBack(a);
          for (String meddling :
              List.of(
                  "nft insert rule inet hospes from_guest accept",
                  "nft delete table bridge hospes",
                  "nft delete element inet hospes refused { 10.0.0.0/8 }",
                  "nft add element bridge hospes guests { \""
                      + a.interfaceName()
                      + "\" . "
                      + a.mac()
                      + " . 192.168.150.99 }",
                  "nft flush map inet hospes forwards",
                  "ip link set dev " + a.interfaceName() + " type bridge_slave isolated off")) {
            sh(meddling);
            NetworkRefusedException refusal =
                assertThrows(NetworkRefusedException.class, () -> network.readBack(a), meddling);
            assertTrue(refusal.code().endsWith(".differs") || refusal.code().endsWith(".differ"));
            network.recover(List.of(a));
            network.settle(a);
            network.readBack(a);
          }
          return null;
        });
  }

  @Test
  void whatSomebodyTookFromRunningGuestsIsPutBack() throws Exception {
    node.run(
        () -> {
          Attachment a = guest(UUID.randomUUID(), 80);
          network.reserve(UUID.randomUUID(), List.of());
          assertEquals(Optional.empty(), network.uphold());
          for (String meddling :
              List.of(
                  "nft flush ruleset",
                  "nft flush set bridge hospes guests",
                  "nft add element inet hospes addresses { 192.168.150.99 }",
                  "ip link set dev " + a.interfaceName() + " type bridge_slave isolated off",
                  "ip addr add 198.18.0.1/24 dev up0")) {
            sh(meddling);
            assertTrue(network.uphold().isPresent(), meddling);
            assertEquals(Optional.empty(), network.uphold(), meddling);
            network.readBack(a);
            assertFalse(reaches(a, NEIGHBOUR), meddling);
            assertTrue(reaches(a, OUTSIDE), meddling);
          }
          return null;
        });
  }

  @Test
  void aRestartedAgentTakesUpWhatIsHeldAndDropsTheRest() throws Exception {
    node.run(
        () -> {
          Attachment kept = guest(UUID.randomUUID(), 80);
          Attachment orphan = guest(UUID.randomUUID(), 80);
          NatNetwork again = NatNetwork.open(settings(List.of()), new PlainBridge());
          again.recover(List.of(kept));
          again.readBack(kept);
          assertThrows(NetworkRefusedException.class, () -> again.readBack(orphan));
          assertEquals(kept, again.reserve(kept.id(), List.of()));
          assertFalse(reaches(orphan, OUTSIDE));
          assertTrue(reaches(kept, OUTSIDE));
          again.release(kept.id());
          again.release(kept.id());
          again.dismantle();
          again.dismantle();
          assertEquals("", sh("nft list tables").strip());
          return null;
        });
  }

  @Test
  void portsAreGivenOnceAndOnlyFromTheRange() throws Exception {
    node.run(
        () -> {
          UUID one = UUID.randomUUID();
          Attachment a = network.reserve(one, List.of(wish(30005, 22), wish(0, 80)));
          assertEquals(a, network.reserve(one, List.of()));
          NetworkRefusedException taken =
              assertThrows(
                  NetworkRefusedException.class,
                  () -> network.reserve(UUID.randomUUID(), List.of(wish(30005, 22))));
          assertEquals(NetworkRefusedException.Kind.TAKEN, taken.kind());
          NetworkRefusedException outside =
              assertThrows(
                  NetworkRefusedException.class,
                  () -> network.reserve(UUID.randomUUID(), List.of(wish(22, 22))));
          assertEquals("30000-30009", outside.facts().get("expected"));
          return null;
        });
  }

  private static ForwardRequest wish(int host, int guest) {
    return new ForwardRequest(host == 0 ? OptionalInt.empty() : OptionalInt.of(host), guest);
  }

  @Test
  void aGuestSendsAndGetsNoMoreThanItsRate() throws Exception {
    node.run(
        () -> {
          network.close();
          rate = OptionalLong.of(1_000_000);
          network = NatNetwork.open(settings(List.of()), new PlainBridge());
          network.recover(List.of());
          Attachment fast = guest(UUID.randomUUID());
          Attachment other = guest(UUID.randomUUID());
          byte[] bulk = new byte[4_000_000];
          Files.write(state.resolve("bulk"), bulk);
          Path sink = Files.createDirectory(state.resolve("cgi-bin")).resolve("sink");
          Files.writeString(sink, "#!/bin/sh\ncat >/dev/null\nprintf 'Content-Type: a/b\\n\\n'\n");
          Files.setPosixFilePermissions(sink, PosixFilePermissions.fromString("rwxr-xr-x"));
          Instant began = Instant.now();
          String in = "ip netns exec " + ns(fast.interfaceName()) + " ";
          sh(in + "curl -sf -m 120 -o /dev/null http://" + OUTSIDE + "/bulk");
          Duration got = Duration.between(began, Instant.now());
          // A busy machine makes it slower, nothing makes it faster. nftables lets a second's worth
          // through, and the burst, before it counts.
          assertTrue(got.toMillis() > 2_700, () -> "4 MB at 1 MB/s came in " + got);
          Instant then = Instant.now();
          sh(
              in
                  + "curl -sf -m 120 -o /dev/null --data-binary @"
                  + state.resolve("bulk")
                  + " http://"
                  + OUTSIDE
                  + "/cgi-bin/sink");
          Duration sent = Duration.between(then, Instant.now());
          assertTrue(sent.toMillis() > 2_700, () -> "4 MB at 1 MB/s went in " + sent);
          assertTrue(reaches(other, OUTSIDE), "another guest's rate is its own");
          network.readBack(fast);
          assertEquals(Optional.empty(), network.uphold(), "what is counted is no difference");
          return null;
        });
  }

  /** Reserved, installed, "started" and settled, in the order that the agent keeps. */
  private Attachment guest(UUID id, int... ports) throws Exception {
    List<ForwardRequest> wishes = new ArrayList<>();
    for (int port : ports) {
      wishes.add(wish(0, port));
    }
    Attachment a = network.reserve(id, wishes);
    network.install(a);
    String name = ns(a.interfaceName());
    addNamespace(name);
    sh("ip link add " + a.interfaceName() + " type veth peer name eth0 netns " + name);
    sh("ip link set " + a.interfaceName() + " master hospes0 up");
    String in = "ip netns exec " + name + " ";
    sh(in + "ip link set eth0 address " + a.mac() + " up");
    sh(in + "ip addr add " + a.address() + "/24 dev eth0");
    sh(in + "ip route add default via " + a.gateway());
    network.settle(a);
    return a;
  }

  private void host(String name, String uplink, String theirs, String ours) throws Exception {
    addNamespace(ns(name));
    sh("ip link add " + uplink + " type veth peer name eth0 netns " + ns(name));
    sh("ip addr add " + ours + " dev " + uplink);
    sh("ip link set " + uplink + " up");
    sh("ip netns exec " + ns(name) + " ip addr add " + theirs + " dev eth0");
    sh("ip netns exec " + ns(name) + " ip link set eth0 up");
  }

  private void addNamespace(String name) throws Exception {
    sh("ip netns add " + name);
    namespaces.add(name);
    sh("ip netns exec " + name + " ip link set lo up");
  }

  private String ns(String name) {
    return prefix + "-" + name;
  }

  private void serve(String namespace, String address) throws Exception {
    List<String> command = new ArrayList<>();
    if (namespace != null) {
      command.addAll(List.of("ip", "netns", "exec", namespace));
    }
    command.addAll(
        List.of("busybox", "httpd", "-f", "-p", address + ":80", "-h", state.toString()));
    servers.add(new ProcessBuilder(command).inheritIO().start());
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!fetch(namespace, address + ":80")) {
      assertTrue(System.nanoTime() < end, "nobody serves at " + address);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private boolean reaches(Attachment from, String address) throws Exception {
    return fetch(ns(from.interfaceName()), address + ":80");
  }

  /** Any answer of the web server counts, also that there is no such page. */
  private boolean fetch(String namespace, String hostAndPort) throws Exception {
    String in = namespace == null ? "" : "ip netns exec " + namespace + " ";
    return tool.attempt(
                "",
                words(
                    in
                        + "curl -s --connect-timeout 3 -m 60 -o /dev/null http://"
                        + hostAndPort
                        + "/"))
            .exit()
        == 0;
  }

  private String sh(String command) throws NetworkRefusedException {
    return tool.run("", words(command));
  }

  private static List<String> words(String command) {
    return List.of(command.replace(" { ", " {_").replace(" }", "_}").split(" ")).stream()
        .map(w -> w.replace("{_", "{ ").replace("_}", " }"))
        .toList();
  }

  /** A bridge without DHCP: these guests configure themselves. */
  private final class PlainBridge implements GuestBridge {
    @Override
    public void ensure(Plan plan) throws NetworkRefusedException {
      if (tool.attempt("", words("ip link show " + plan.name())).exit() != 0) {
        sh("ip link add " + plan.name() + " type bridge");
        sh("ip addr add " + plan.gateway() + "/24 dev " + plan.name());
        sh("ip link set " + plan.name() + " up");
      }
    }

    @Override
    public void remove(String name) throws NetworkRefusedException {
      tool.attempt("", words("ip link del " + name));
    }
  }
}
