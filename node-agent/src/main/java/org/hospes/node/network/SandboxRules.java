package org.hospes.node.network;

import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The text of the nftables rules. The chains are the same for every guest; what differs stands in
 * sets and maps keyed by the guest's interface, so that one guest comes and goes with a few
 * elements, and the chains can be compared with what was loaded.
 *
 * <p>{@code accept} in nftables ends one table's chain only; {@code drop} is final. A filter of the
 * site's own that drops forwarded packets therefore still rules.
 */
final class SandboxRules {
  /** Never reached by a guest, whatever a node's own networks are (RFC 6890). */
  private static final List<String> NEVER =
      List.of(
          "0.0.0.0/8",
          "10.0.0.0/8",
          "100.64.0.0/10",
          "127.0.0.0/8",
          "169.254.0.0/16",
          "172.16.0.0/12",
          "192.168.0.0/16",
          "224.0.0.0/3");

  static final String TABLE = "hospes";

  private final String bridge;
  private final Subnet subnet;
  private final String gateway;
  private final String forwardAddress;
  private final OptionalLong guestRate;

  SandboxRules(
      String bridge, Subnet subnet, String gateway, String forwardAddress, OptionalLong guestRate) {
    this.bridge = bridge;
    this.subnet = subnet;
    this.gateway = gateway;
    this.forwardAddress = forwardAddress;
    this.guestRate = guestRate;
  }

  /** Replaces both tables, in one transaction: there is no moment without rules. */
  String replaceAll(Collection<Subnet> refused, Collection<Attachment> guests) {
    return """
        table bridge hospes
        delete table bridge hospes
        table inet hospes
        delete table inet hospes
        table bridge hospes {
          set guests { type ifname . ether_addr . ipv4_addr; }
          set stations { type ifname . ether_addr; }
          chain prerouting {
            type filter hook prerouting priority -300; policy accept;
            iifname != "hg*" accept
            ether type arp iifname . ether saddr . arp saddr ip @guests iifname . arp saddr ether . arp saddr ip @guests arp htype 1 arp ptype ip arp hlen 6 arp plen 4 arp operation { request, reply } accept
            ether type arp iifname . ether saddr @stations iifname . arp saddr ether @stations arp saddr ip 0.0.0.0 arp operation request accept
            ether type ip iifname . ether saddr . ip saddr @guests accept
            ether type ip iifname . ether saddr @stations ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept
            counter drop
          }
          chain forward {
            type filter hook forward priority -300; policy accept;
            iifname "hg*" counter drop
            oifname "hg*" counter drop
          }
          chain output {
            type filter hook output priority -300; policy accept;
            oifname "hg*" ether type ip6 counter drop
          }
        }
        table inet hospes {
          set addresses { type ipv4_addr; }
          set refused { type ipv4_addr; flags interval; auto-merge; }
        $meters
          map forwards { type inet_service : ipv4_addr . inet_service; }
          chain forwarded_in {
            type nat hook prerouting priority dstnat; policy accept;
            iifname != "$bridge" ip daddr $forward dnat ip to tcp dport map @forwards
          }
          chain forwarded_local {
            type nat hook output priority -100; policy accept;
            ip daddr $forward dnat ip to tcp dport map @forwards
          }
          chain outwards {
            type nat hook postrouting priority srcnat; policy accept;
            ip saddr $subnet oifname != "$bridge" masquerade
          }
          chain input {
            type filter hook input priority -10; policy accept;
            iifname "$bridge" jump to_node
          }
          chain to_node {
            meta nfproto ipv6 counter drop
            udp sport 68 udp dport 67 accept
            ct state established,related accept
            ip daddr $gateway meta l4proto { tcp, udp } th dport 53 accept
            counter drop
          }
          chain forward {
            type filter hook forward priority -10; policy accept;
            iifname "$bridge" jump from_guest
            oifname "$bridge" jump to_guest
          }
          chain from_guest {
            meta nfproto ipv6 counter drop
            ip saddr != @addresses counter drop
            $sent
            ct state established,related accept
            oifname "$bridge" counter drop
            ip daddr @refused counter drop
            ct state new accept
            counter drop
          }
          chain to_guest {
            $got
            ct state established,related accept
            ct status dnat ct state new ip daddr @addresses accept
            counter drop
          }
        }
        """
            .replace("$meters", meter("sent") + meter("got"))
            .replace("$sent", limit("sent", "saddr"))
            .replace("$got", limit("got", "daddr"))
            .replace("$bridge", bridge)
            .replace("$subnet", subnet.toString())
            .replace("$gateway", gateway)
            .replace("$forward", forwardAddress)
        + refuse(refused)
        + guests.stream().map(this::admit).collect(Collectors.joining());
  }

  /** What each guest sent, or got, of late. */
  private String meter(String name) {
    return guestRate.isPresent()
        ? "  set " + name + " { type ipv4_addr; flags dynamic,timeout; timeout 60s; }\n"
        : "";
  }

  /** Stands before everything that accepts, for every packet of a guest counts. */
  private String limit(String meter, String guest) {
    if (guestRate.isEmpty()) {
      return "";
    }
    // A quarter of a second, but so much at least that a sender's first window gets through.
    long burst = Math.min(Math.max(guestRate.getAsLong() / 4, 64 << 10), 1L << 30);
    return "update @%s { ip %s limit rate over %d bytes/second burst %d bytes } counter drop"
        .formatted(meter, guest, guestRate.getAsLong(), burst);
  }

  /** Sets the networks that guests never reach. */
  String refuse(Collection<Subnet> more) {
    String all =
        Stream.concat(
                NEVER.stream(),
                new TreeSet<>(more.stream().map(Subnet::toString).toList()).stream())
            .collect(Collectors.joining(", "));
    return "flush set inet hospes refused\nadd element inet hospes refused { " + all + " }\n";
  }

  /** The elements of one guest; adding them twice changes nothing. */
  String admit(Attachment a) {
    String quoted = '"' + a.interfaceName() + '"';
    StringBuilder text = new StringBuilder();
    text.append("add element bridge hospes guests { ")
        .append(String.join(" . ", quoted, a.mac(), a.address()))
        .append(" }\nadd element bridge hospes stations { ")
        .append(String.join(" . ", quoted, a.mac()))
        .append(" }\nadd element inet hospes addresses { ")
        .append(a.address())
        .append(" }\n");
    for (Forward f : a.forwards()) {
      text.append("add element inet hospes forwards { ")
          .append(f.hostPort() + " : " + a.address() + " . " + f.guestPort())
          .append(" }\n");
    }
    return text.toString();
  }

  /**
   * Takes away what stands for one guest. A delete of an element that is not there fails the
   * transaction, so each is added first.
   */
  String dismiss(RuleListing.Guest guest, Collection<RuleListing.Forwarded> forwards) {
    String quoted = '"' + guest.interfaceName() + '"';
    StringBuilder text = new StringBuilder();
    both(text, "bridge hospes guests", String.join(" . ", quoted, guest.mac(), guest.address()));
    both(text, "bridge hospes stations", String.join(" . ", quoted, guest.mac()));
    both(text, "inet hospes addresses", guest.address());
    for (RuleListing.Forwarded f : forwards) {
      if (f.address().equals(guest.address())) {
        text.append("delete element inet hospes forwards { ").append(f.hostPort()).append(" }\n");
      }
    }
    return text.toString();
  }

  private static void both(StringBuilder text, String where, String element) {
    text.append("add element ").append(where).append(" { ").append(element).append(" }\n");
    text.append("delete element ").append(where).append(" { ").append(element).append(" }\n");
  }

  /** Takes both tables away, whether or not they are there. */
  static String removeAll() {
    return """
        table bridge hospes
        delete table bridge hospes
        table inet hospes
        delete table inet hospes
        """;
  }
}
