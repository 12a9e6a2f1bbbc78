package org.hospes.node.network;

import static org.hospes.node.network.NetworkRefusedException.Kind.SITE;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Guests behind the node's NAT, on a bridge of their own, held by nftables rules that this class
 * owns: two tables called {@code hospes}. One lock: the kernel's own transactions are short, and a
 * rule set that two threads change at once could not be read back.
 */
public final class NatNetwork implements GuestNetwork {
  private static final Logger LOG = LoggerFactory.getLogger(NatNetwork.class);

  private final NetworkSettings settings;
  private final Subnet subnet;
  private final GuestBridge bridge;
  private final SystemTool tool;
  private final Uplink uplink;
  private final BridgePort port;
  private final AddressBook book;
  private final SandboxRules rules;
  private final String forwardAddress;
  private final Object lock = new Object();

  /** What the kernel printed right after the rules were loaded; null before {@link #recover}. */
  private RuleListing loaded;

  private Set<Subnet> refused = Set.of();

  /** Those whose rules were put in place; a reservation alone has none. */
  private final Map<UUID, Attachment> installed = new LinkedHashMap<>();

  private final Set<UUID> settled = ConcurrentHashMap.newKeySet();

  private NatNetwork(
      NetworkSettings settings,
      Subnet subnet,
      GuestBridge bridge,
      SystemTool tool,
      Uplink uplink,
      String forwardAddress) {
    this.settings = settings;
    this.subnet = subnet;
    this.bridge = bridge;
    this.tool = tool;
    this.uplink = uplink;
    this.port = new BridgePort(tool);
    this.forwardAddress = forwardAddress;
    this.book =
        new AddressBook(
            settings.bridge(), subnet, forwardAddress, settings.firstPort(), settings.lastPort());
    this.rules =
        new SandboxRules(
            settings.bridge(), subnet, book.gateway(), forwardAddress, settings.guestRate());
  }

  /**
   * Looks at the node, changes nothing.
   *
   * @throws NetworkRefusedException when the node has no address to forward from, or the guests'
   *     subnet overlaps a network that the node is on
   */
  public static NatNetwork open(NetworkSettings settings, GuestBridge bridge)
      throws NetworkRefusedException {
    SystemTool tool = new SystemTool();
    Uplink uplink = new Uplink(tool);
    Subnet subnet = Subnet.parse(settings.subnet());
    for (Subnet other : uplink.onLink(settings.bridge())) {
      if (subnet.overlaps(other)) {
        throw new NetworkRefusedException(
            SITE,
            "network.subnet.overlaps",
            "the guests' network " + subnet + " overlaps " + other + ", which this node is on",
            "Choose another network.subnet.",
            Map.of("subnet", subnet.toString(), "on-link", other.toString()));
      }
    }
    String forwardAddress =
        settings.forwardAddress().isPresent()
            ? settings.forwardAddress().get()
            : uplink.address(settings.uplink());
    return new NatNetwork(settings, subnet, bridge, tool, uplink, forwardAddress);
  }

  @Override
  public Attachment reserve(UUID id, List<ForwardRequest> forwards) throws NetworkRefusedException {
    synchronized (lock) {
      return book.reserve(id, forwards);
    }
  }

  @Override
  public Attachment reserve(
      UUID id, List<ForwardRequest> forwards, FormerNetwork former, boolean keepsAddress)
      throws NetworkRefusedException {
    synchronized (lock) {
      return book.reserve(id, forwards, former, keepsAddress);
    }
  }

  @Override
  public void recover(Collection<Attachment> held) throws NetworkRefusedException {
    synchronized (lock) {
      held.forEach(book::take);
      held.forEach(a -> installed.put(a.id(), a));
      standUp();
    }
  }

  /** Bridge first, then every rule with every guest's elements, in one transaction. */
  private void standUp() throws NetworkRefusedException {
    bridge.ensure(
        new GuestBridge.Plan(settings.bridge(), book.gateway(), subnet.netmask(), book.stations()));
    write(Path.of("/proc/sys/net/ipv6/conf/" + settings.bridge() + "/disable_ipv6"), "1");
    write(Path.of("/proc/sys/net/ipv4/ip_forward"), "1");
    refused = wanted();
    load(rules.replaceAll(refused, installed.values()));
    loaded = listing();
  }

  private Set<Subnet> wanted() throws NetworkRefusedException {
    Set<Subnet> all =
        settings.refusedNetworks().stream().map(Subnet::parse).collect(Collectors.toSet());
    all.addAll(uplink.onLink(settings.bridge()));
    return all;
  }

  @Override
  public void install(Attachment attachment) throws NetworkRefusedException {
    synchronized (lock) {
      book.take(attachment);
      installed.put(attachment.id(), attachment);
      if (loaded == null || !listing().chains().equals(loaded.chains())) {
        LOG.warn("the sandbox's rules are not as they were loaded; loading them again");
        standUp();
        return;
      }
      String change = rules.admit(attachment);
      Set<Subnet> now = wanted();
      if (!now.equals(refused)) {
        change = rules.refuse(now) + change;
        refused = now;
        load(change);
        loaded = listing();
      } else {
        load(change);
      }
    }
  }

  @Override
  public void settle(Attachment attachment) throws NetworkRefusedException {
    port.settle(attachment);
    settled.add(attachment.id());
  }

  @Override
  public void readBack(Attachment a) throws NetworkRefusedException {
    RuleListing found;
    RuleListing expected;
    synchronized (lock) {
      found = listing();
      expected = loaded;
    }
    if (expected == null) {
      throw differs("rules", "loaded", "never loaded");
    }
    requireEqual("chains", expected.chains(), found.chains());
    requireEqual("refused networks", expected.refused(), found.refused());
    requireEqual(
        "what the interface may use",
        List.of(new RuleListing.Guest(a.interfaceName(), a.mac(), a.address())),
        found.guests().stream()
            .filter(
                g -> g.interfaceName().equals(a.interfaceName()) || g.address().equals(a.address()))
            .toList());
    String station = a.interfaceName() + " " + a.mac();
    requireEqual(
        "the interface's MAC",
        Set.of(station),
        found.stations().stream()
            .filter(s -> s.startsWith(a.interfaceName() + " "))
            .collect(Collectors.toSet()));
    requireEqual("the guest's address is known", true, found.addresses().contains(a.address()));
    requireEqual(
        "forwards",
        a.forwards().stream()
            .map(f -> new RuleListing.Forwarded(f.hostPort(), a.address(), f.guestPort()))
            .collect(Collectors.toSet()),
        found.forwards().stream()
            .filter(f -> f.address().equals(a.address()))
            .collect(Collectors.toSet()));
    port.readBack(a);
  }

  private static void requireEqual(String what, Object expected, Object found)
      throws NetworkRefusedException {
    if (!expected.equals(found)) {
      throw differs(what, expected.toString(), found.toString());
    }
  }

  private static NetworkRefusedException differs(String what, String expected, String found) {
    return new NetworkRefusedException(
        SITE,
        "network.rules.differ",
        "the sandbox cannot be read back: "
            + what
            + ": expected "
            + abridged(expected)
            + ", found "
            + abridged(found),
        "See who else changes the nftables tables called hospes; the guest was not started.",
        Map.of("what", what, "expected", expected, "found", found));
  }

  private static String abridged(String text) {
    return text.length() <= 200 ? text : text.substring(0, 200) + "...";
  }

  @Override
  public void release(UUID id) throws NetworkRefusedException {
    synchronized (lock) {
      if (loaded != null) {
        RuleListing now = listing();
        String device = Attachment.interfaceNameOf(id);
        StringBuilder change = new StringBuilder();
        for (RuleListing.Guest guest : now.guests()) {
          if (guest.interfaceName().equals(device)) {
            change.append(rules.dismiss(guest, now.forwards()));
          }
        }
        if (change.length() > 0) {
          load(change.toString());
        }
      }
      installed.remove(id);
      book.give(id);
      settled.remove(id);
    }
  }

  @Override
  public Optional<String> uphold() throws NetworkRefusedException {
    synchronized (lock) {
      if (loaded == null) {
        return Optional.empty();
      }
      List<String> differing = new ArrayList<>();
      RuleListing now = listing();
      if (!now.chains().equals(loaded.chains()) || !now.refused().equals(loaded.refused())) {
        differing.add("the rules are not as they were loaded");
      }
      if (!now.holds(installed.values())) {
        differing.add("the guests in the rules are not those of this node");
      }
      if (!wanted().equals(refused)) {
        differing.add("the node's own networks changed");
      }
      if (!differing.isEmpty()) {
        standUp();
      }
      // A guest that is only just being made has an interface that is not settled yet.
      List<Attachment> ready =
          installed.values().stream().filter(a -> settled.contains(a.id())).toList();
      for (Attachment a : port.unsettled(settings.bridge(), ready)) {
        port.settle(a);
        differing.add("the bridge port " + a.interfaceName() + " was changed");
      }
      return differing.isEmpty()
          ? Optional.empty()
          : Optional.of(String.join("; ", differing) + ": put back");
    }
  }

  @Override
  public String forwardAddress() {
    return forwardAddress;
  }

  @Override
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    Path switched = Path.of("/proc/sys/net/bridge/bridge-nf-call-iptables");
    try {
      if (Files.exists(switched) && Files.readString(switched).strip().equals("1")) {
        warnings.add(
            switched + " is 1: the site's own packet filter also sees traffic inside the bridge");
      }
    } catch (IOException e) {
      warnings.add(switched + " cannot be read: " + e.getMessage());
    }
    return warnings;
  }

  @Override
  public void dismantle() throws NetworkRefusedException {
    synchronized (lock) {
      load(SandboxRules.removeAll());
      bridge.remove(settings.bridge());
      installed.clear();
      settled.clear();
      loaded = null;
    }
  }

  @Override
  public void close() {
    // Rules and bridge belong to the kernel and to libvirt: guests go on without the agent.
  }

  private void load(String text) throws NetworkRefusedException {
    tool.run(text, List.of("nft", "-f", "-"));
  }

  /** Tables that somebody took away read as empty, which equals nothing that was loaded. */
  private RuleListing listing() throws NetworkRefusedException {
    // Not both in one nft: version 1.0.6 then looks for the first among the tables of the last.
    List<SystemTool.Outcome> tables = tool.attemptBoth(table("bridge"), table("inet"));
    return RuleListing.parse(tables.get(0).out(), tables.get(1).out());
  }

  private static List<String> table(String family) {
    return List.of("nft", "-n", "list", "table", family, SandboxRules.TABLE);
  }

  private static void write(Path sysctl, String value) throws NetworkRefusedException {
    try {
      if (Files.exists(sysctl) && !Files.readString(sysctl).strip().equals(value)) {
        Files.writeString(sysctl, value);
      }
    } catch (IOException e) {
      throw new NetworkRefusedException(
          SITE,
          "network.sysctl.failed",
          sysctl + " cannot be set to " + value + ": " + e.getMessage(),
          "Set it at boot with sysctl.d, or run the agent with the privilege to do so.",
          Map.of("file", sysctl.toString(), "expected", value));
    }
  }
}
