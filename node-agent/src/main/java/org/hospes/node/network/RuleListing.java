package org.hospes.node.network;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the kernel really holds, read from {@code nft --numeric list table} of both tables.
 *
 * @param chains both tables without counters and without the contents of sets that change with the
 *     guests
 * @param refused the networks that no guest reaches, as the kernel merged them
 * @param guests elements of the set {@code guests}
 * @param stations elements of the set {@code stations}: interface and MAC
 * @param addresses elements of the set {@code addresses}
 * @param forwards elements of the map {@code forwards}
 */
record RuleListing(
    String chains,
    Set<String> refused,
    List<Guest> guests,
    Set<String> stations,
    Set<String> addresses,
    List<Forwarded> forwards) {

  /** An interface with the one MAC and the one address that it may use. */
  record Guest(String interfaceName, String mac, String address) {}

  /** A port of the node that leads to a guest. */
  record Forwarded(int hostPort, String address, int guestPort) {}

  private static final Pattern ELEMENTS = Pattern.compile("\\s*elements = \\{([^}]*)\\}");
  private static final Pattern COUNTER = Pattern.compile("counter packets \\d+ bytes \\d+");
  private static final Pattern GUEST =
      Pattern.compile("\"([^\"]+)\" \\. ([0-9a-f:]{17}) \\. ([0-9.]+)");
  private static final Pattern STATION = Pattern.compile("\"([^\"]+)\" \\. ([0-9a-f:]{17})");
  private static final Pattern FORWARD = Pattern.compile("(\\d+) : ([0-9.]+) \\. (\\d+)");

  /** Whether the elements are those of these guests, all of them and no other. */
  boolean holds(Collection<Attachment> expected) {
    Set<Guest> wantedGuests = new HashSet<>();
    Set<String> wantedStations = new HashSet<>();
    Set<String> wantedAddresses = new HashSet<>();
    Set<Forwarded> wantedForwards = new HashSet<>();
    for (Attachment a : expected) {
      wantedGuests.add(new Guest(a.interfaceName(), a.mac(), a.address()));
      wantedStations.add(a.interfaceName() + " " + a.mac());
      wantedAddresses.add(a.address());
      a.forwards()
          .forEach(
              f -> wantedForwards.add(new Forwarded(f.hostPort(), a.address(), f.guestPort())));
    }
    return wantedGuests.equals(new HashSet<>(guests))
        && wantedStations.equals(stations)
        && wantedAddresses.equals(addresses)
        && wantedForwards.equals(new HashSet<>(forwards));
  }

  static RuleListing parse(String bridgeTable, String inetTable) {
    String chains =
        ELEMENTS.matcher(bridgeTable + inetTable).replaceAll("").replaceAll("[ \t]+", " ");
    Matcher forwards = FORWARD.matcher(elements(inetTable, "map forwards"));
    Matcher guests = GUEST.matcher(elements(bridgeTable, "set guests"));
    Matcher stations = STATION.matcher(elements(bridgeTable, "set stations"));
    return new RuleListing(
        COUNTER.matcher(chains).replaceAll("counter"),
        words(elements(inetTable, "set refused")),
        guests.results().map(m -> new Guest(m.group(1), m.group(2), m.group(3))).toList(),
        new TreeSet<>(stations.results().map(m -> m.group(1) + " " + m.group(2)).toList()),
        words(elements(inetTable, "set addresses")),
        forwards
            .results()
            .map(
                m ->
                    new Forwarded(
                        Integer.parseInt(m.group(1)), m.group(2), Integer.parseInt(m.group(3))))
            .toList());
  }

  private static String elements(String table, String of) {
    int start = table.indexOf(of + " {");
    if (start < 0) {
      return "";
    }
    Matcher m = ELEMENTS.matcher(table.substring(start, end(table, start)));
    return m.find() ? m.group(1) : "";
  }

  /** The set's own closing brace stands alone on a line with one tab. */
  private static int end(String table, int start) {
    int end = table.indexOf("\n\t}", start);
    return end < 0 ? table.length() : end;
  }

  private static Set<String> words(String elements) {
    Set<String> words = new TreeSet<>();
    for (String word : elements.split(",")) {
      if (!word.isBlank()) {
        words.add(word.strip());
      }
    }
    return words;
  }
}
