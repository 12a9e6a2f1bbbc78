package org.hospes.node.sandbox;

import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.node.hypervisor.Ability;
import org.hospes.node.hypervisor.Capabilities;
import org.hospes.node.journal.Arrival;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Failure.Category;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HandOver;
import org.hospes.node.journal.HandedFile;
import org.hospes.node.journal.JournalEntry;
import org.hospes.node.journal.SealedDisk;
import org.hospes.node.journal.Snapshot;
import org.hospes.node.network.FormerNetwork;
import org.hospes.trust.path.DistinguishedName;

/**
 * Guests that go to another node, and those that come from one. A guest that is off, or whose
 * memory is saved, is left to one other host: from the line of the journal on that says so it does
 * not start here, and nothing is done with its files, until that is taken back or the guest is
 * removed. Whoever receives it fetches the files by itself. Safe for many threads.
 */
public final class HandOvers {
  private final Guests guests;
  private final GuestFolders folders;
  private final NodeLimits limits;
  private final Expectations expectations;
  private final Offers offers;
  private final Capabilities capabilities;
  private final AuditTrail audit;
  private final Clock clock;

  /**
   * @param capabilities of this node's hypervisor
   */
  public HandOvers(
      Guests guests,
      Hooks hooks,
      GuestFolders folders,
      NodeLimits limits,
      Capabilities capabilities,
      AuditTrail audit,
      Clock clock) {
    this.guests = guests;
    this.folders = folders;
    this.limits = limits;
    this.expectations = hooks.expectations;
    this.offers = new Offers(guests, folders, clock);
    this.capabilities = capabilities;
    this.audit = audit;
    this.clock = clock;
  }

  /** What is offered before it is handed over. */
  public Offers offers() {
    return offers;
  }

  /**
   * Lets a host copy the files of a guest that is to be left to it, from now on and until that is
   * taken back, as they stand. The same wish again makes that last longer.
   *
   * @throws GuestFailedException NOT_FOUND without such a guest; CONFLICT when it is not one that
   *     runs or comes to rest, or this node does not do so
   */
  public GuestView offer(UUID id, String wish, DistinguishedName to) throws GuestFailedException {
    requireOffered(Ability.AHEAD);
    offers.offer(id, wish, to);
    return guests.view(id);
  }

  /**
   * Copies the files of a guest that another node offers, until it is received by this wish.
   * Nothing of that counts. The same again tells how far that is.
   *
   * @param source any address of the node that has it
   * @param host who must answer there
   * @throws GuestFailedException CONFLICT when the guest is here otherwise; INVALID and NO_CAPACITY
   *     as of an order
   */
  public Ahead expect(GuestOrder order, String wish, URI source, DistinguishedName host)
      throws GuestFailedException {
    requireOffered(Ability.AHEAD);
    Optional<GuestRecord> here = guests.journal().find(order.id());
    if (here.flatMap(GuestRecord::arrival).filter(a -> a.wish().equals(wish)).isPresent()) {
      return new Ahead(true, 0);
    }
    if (here.isPresent()) {
      throw GuestFailedException.refused(
          Failure.of(
                  Category.CONFLICT,
                  "guest.here",
                  "the guest is here already, and is " + GuestPhase.of(here))
              .fact("workspace", order.id().toString()));
    }
    limits.check(order, guests.journal().all(), clock.instant());
    Map<HandedFile.Kind, Long> most = new EnumMap<>(HandedFile.Kind.class);
    for (HandedFile.Kind kind : List.of(HandedFile.Kind.OVERLAY, HandedFile.Kind.MEMORY)) {
      most.put(kind, limits.most(kind, order));
    }
    if (order.scratchBytes() > 0) {
      most.put(HandedFile.Kind.SCRATCH, limits.most(HandedFile.Kind.SCRATCH, order));
    }
    boolean known = expectations.knows(order.id(), wish);
    Ahead ahead =
        expectations.expect(
            new Expectations.Guest(order.id(), wish, source, host, Map.copyOf(most)));
    if (!known) {
      audit.record(
          "guest.expected",
          Map.of("workspace", order.id().toString(), "source", host.slash(), "wish", wish));
    }
    return ahead;
  }

  /** Ends whatever is offered of a guest, or copied ahead of it. */
  public void forget(UUID id) {
    offers.withdraw(id);
    expectations.forget(id);
  }

  /** Gives up what was expected and did not come in time. */
  public void look() {
    expectations.expire();
  }

  /**
   * Leaves a guest to another host. The same wish again changes nothing.
   *
   * @throws GuestFailedException NOT_FOUND without such a guest; CONFLICT when it is neither
   *     stopped nor suspended, when it is left by another wish, or when its memory can be used
   *     nowhere else
   */
  public GuestView handOver(UUID id, String wish, DistinguishedName to)
      throws GuestFailedException {
    requireOffered(Ability.MIGRATE);
    Optional<GuestRecord> found = guests.journal().find(id);
    Optional<SealedDisk> seed =
        found.filter(r -> r.handedOver().isEmpty() && off(r)).isPresent()
            ? Optional.of(seed(id))
            : Optional.empty();
    boolean[] done = {false};
    GuestView view =
        guests.decide(
            id,
            record -> {
              Optional<JournalEntry> entry = judge(record, wish, to, seed);
              done[0] = entry.isPresent();
              return entry;
            });
    if (done[0]) {
      audit.record(
          "guest.handed-over", Map.of("workspace", id.toString(), "to", to.slash(), "wish", wish));
    }
    return view;
  }

  /**
   * Ends a hand-over: the guest is this node's again. Another wish than the one in force changes
   * nothing.
   *
   * @throws GuestFailedException NOT_FOUND without such a guest
   */
  public GuestView takeBack(UUID id, String wish) throws GuestFailedException {
    offers.withdraw(id, wish);
    boolean[] done = {false};
    GuestView view =
        guests.decide(
            id,
            record -> {
              done[0] = record.handedOver().filter(p -> p.wish().equals(wish)).isPresent();
              return done[0]
                  ? Optional.of(new JournalEntry.TakenBack(clock.instant(), wish))
                  : Optional.empty();
            });
    if (done[0]) {
      audit.record("guest.taken-back", Map.of("workspace", id.toString(), "wish", wish));
    }
    return view;
  }

  /**
   * Wants a guest here that another node has left to this one. It is fetched while it is {@link
   * GuestPhase#RECEIVING}, and does not start by itself. The same wish again changes nothing.
   *
   * @throws GuestFailedException CONFLICT when it is here otherwise, or cannot go on here; INVALID
   *     and NO_CAPACITY as of an order
   */
  public GuestView receive(GuestOrder order, Arrival arrival) throws GuestFailedException {
    requireOffered(Ability.MIGRATE);
    HandOver papers = arrival.papers();
    requireEqual(
        "guest.platform", "its disks are made for", capabilities.platform(), papers.platform());
    if (papers.hasMemory()) {
      requireEqual(
          "guest.machine",
          "its memory was written for",
          capabilities.machine().orElse("no other node's"),
          papers.machine().orElseThrow());
    }
    return guests.receive(order, arrival);
  }

  private Optional<JournalEntry> judge(
      GuestRecord record, String wish, DistinguishedName to, Optional<SealedDisk> seed)
      throws GuestFailedException {
    Optional<HandOver> inForce = record.handedOver();
    if (inForce.isPresent()) {
      if (inForce.get().wish().equals(wish) && inForce.get().to().equals(to.slash())) {
        return Optional.empty();
      }
      throw GuestFailedException.handedOver(record.id(), inForce.get());
    }
    if (!off(record) || seed.isEmpty()) {
      GuestPhase phase = GuestPhase.of(Optional.of(record));
      throw GuestFailedException.refused(
          Failure.of(
                  Category.CONFLICT,
                  "guest.not-stopped",
                  "a guest is handed over when it is stopped or suspended, and this one is "
                      + phase)
              .advice("stop or suspend it first, and wait until it is")
              .fact("expected", GuestPhase.STOPPED + " or " + GuestPhase.SUSPENDED)
              .fact("found", phase.name()));
    }
    HandOver papers = papers(record, wish, to, seed.get());
    return Optional.of(new JournalEntry.HandedOver(clock.instant(), papers));
  }

  private HandOver papers(GuestRecord record, String wish, DistinguishedName to, SealedDisk seed)
      throws GuestFailedException {
    List<HandedFile> files = new ArrayList<>();
    List<SealedDisk> sealed = record.seal().orElseThrow();
    sealed.forEach(disk -> files.add(HandedFile.of(disk)));
    if (!DiskSeals.holdsSeed(sealed)) {
      files.add(HandedFile.of(seed));
    }
    record.snapshots().kept().forEach(snapshot -> files.addAll(HandedFile.of(snapshot)));
    boolean memory = files.stream().anyMatch(f -> f.kind() == HandedFile.Kind.MEMORY);
    if (memory && capabilities.machine().isEmpty()) {
      throw GuestFailedException.refused(
          Failure.of(
                  Category.CONFLICT,
                  "guest.memory.bound",
                  "memory that was saved on this node can be used nowhere else")
              .advice("start the guest and stop it, or delete its snapshots with memory"));
    }
    return new HandOver(
        wish,
        to.slash(),
        record.remembers(),
        capabilities.platform(),
        memory ? capabilities.machine() : Optional.empty(),
        FormerNetwork.of(record.attachment().orElseThrow()),
        files,
        record.snapshots().kept().stream().map(HandOvers::named).toList());
  }

  private static HandOver.HandedSnapshot named(Snapshot snapshot) {
    return new HandOver.HandedSnapshot(snapshot.name(), snapshot.takenAt(), snapshot.bytes());
  }

  private static boolean off(GuestRecord record) {
    GuestPhase phase = GuestPhase.of(Optional.of(record));
    return phase == GuestPhase.STOPPED || phase == GuestPhase.SUSPENDED;
  }

  /** For a guest that an earlier agent stopped, which sealed no seed; it is small. */
  private SealedDisk seed(UUID id) throws GuestFailedException {
    return DiskSeals.seal(folders.seed(id), () -> false);
  }

  private void requireOffered(Ability ability) throws GuestFailedException {
    if (!capabilities.abilities().contains(ability)) {
      throw GuestFailedException.refused(
          Failure.of(
              Category.CONFLICT, "node.not-offered", "this node's guests go to no other node"));
    }
  }

  private static void requireEqual(String code, String what, String here, String there)
      throws GuestFailedException {
    if (!here.equals(there)) {
      throw GuestFailedException.refused(
          Failure.of(
                  Category.CONFLICT,
                  code,
                  "the guest cannot go on here: " + what + " " + there + ", and here is " + here)
              .advice("choose a node that says the same of itself")
              .fact("expected", here)
              .fact("found", there));
    }
  }
}
