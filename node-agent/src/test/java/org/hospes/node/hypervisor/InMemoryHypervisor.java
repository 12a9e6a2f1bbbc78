package org.hospes.node.hypervisor;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.hospes.node.hypervisor.HypervisorException.Kind;

/**
 * A hypervisor that keeps its guests in a map: it opens their disks as a real one would, and prints
 * one line on the console when a guest is resumed. Faults can be ordered ({@link #failNext}).
 */
public final class InMemoryHypervisor implements Hypervisor {
  private static final class Guest {
    final GuestSpec spec;
    final List<OpenFile> held;
    GuestState state = GuestState.PAUSED;
    byte[] console = {};
    Optional<String> memory = Optional.empty();
    GuestLimits limits = GuestLimits.NONE;

    Guest(GuestSpec spec, List<OpenFile> held) {
      this.spec = spec;
      this.held = held;
    }
  }

  private final Map<UUID, Guest> guests = new TreeMap<>();
  private final Map<UUID, ForeignDomain> foreign = new TreeMap<>();
  private final Map<UUID, byte[]> consoles = new TreeMap<>();
  private final List<String> calls = new ArrayList<>();

  /** A memory with this word in it is none that such a guest can have left. */
  public static final String HOSTILE = "hostile";

  private final Set<Ability> abilities = EnumSet.allOf(Ability.class);
  private final Set<Limit> limits = EnumSet.allOf(Limit.class);
  private final Map<UUID, GuestEnd> ends = new TreeMap<>();
  private final List<String> usedMemories = new ArrayList<>();
  private int saves;
  private final Map<UUID, Instant> stood = new HashMap<>();
  private final Set<UUID> going = new HashSet<>();
  private boolean deaf;
  private boolean forgetful;
  private boolean memoryWritable;
  private boolean readOnlyDisks = true;
  private boolean believesSaved;
  private Optional<HypervisorException> fault = Optional.empty();
  private final Map<String, HypervisorException> faults = new HashMap<>();

  @Override
  public synchronized Capabilities capabilities() {
    return new Capabilities(
        "memory",
        4,
        8L << 30,
        true,
        true,
        readOnlyDisks,
        abilities,
        "memory",
        Optional.of("memory 1"),
        limits,
        Optional.empty());
  }

  @Override
  public String definition(GuestSpec spec) {
    return spec.fingerprint();
  }

  @Override
  public synchronized GuestStatus startPaused(GuestSpec spec) throws HypervisorException {
    called("startPaused", spec.id());
    refuseForeign(spec.id());
    Guest existing = guests.get(spec.id());
    if (existing != null) {
      if (!existing.spec.fingerprint().equals(spec.fingerprint())) {
        throw new HypervisorException(
            Kind.CONFLICT, "another guest of id " + spec.id() + " exists");
      }
      return status(existing);
    }
    if (foreign.values().stream().anyMatch(domain -> domain.name().equals(spec.name()))
        || guests.values().stream().anyMatch(guest -> guest.spec.name().equals(spec.name()))) {
      throw new HypervisorException(Kind.CONFLICT, "a domain named " + spec.name() + " exists");
    }
    ends.remove(spec.id());
    Guest guest = new Guest(spec, open(spec));
    guests.put(spec.id(), guest);
    return status(guest);
  }

  @Override
  public synchronized List<OpenFile> openFiles(UUID id) throws HypervisorException {
    called("openFiles", id);
    return List.copyOf(existing(id).held);
  }

  @Override
  public synchronized void requireLimits(Set<Limit> kinds) throws HypervisorException {
    if (!limits.containsAll(kinds)) {
      throw new HypervisorException(Kind.REFUSED, "guests cannot be held to " + kinds + " here");
    }
  }

  @Override
  public synchronized void limit(UUID id, GuestLimits wanted) throws HypervisorException {
    called("limit", id);
    Guest guest = existing(id);
    requireLimits(wanted.kinds());
    if (!forgetful) {
      guest.limits = wanted;
    }
  }

  @Override
  public synchronized GuestLimits limits(UUID id) throws HypervisorException {
    called("limits", id);
    return existing(id).limits;
  }

  @Override
  public synchronized void resume(UUID id) throws HypervisorException {
    called("resume", id);
    Guest guest = existing(id);
    if (guest.state == GuestState.PAUSED) {
      guest.state = GuestState.RUNNING;
      guest.memory.ifPresent(usedMemories::add);
      guest.memory = Optional.empty();
      guest.console = ("HOSPES-GUEST-UP\r\n").getBytes(UTF_8);
      consoles.put(id, guest.console);
    }
  }

  @Override
  public synchronized void suspend(UUID id) throws HypervisorException {
    called("suspend", id);
    Guest guest = existing(id);
    if (guest.state == GuestState.RUNNING) {
      guest.state = GuestState.PAUSED;
    }
  }

  @Override
  public synchronized void save(UUID id, Path memory, BooleanSupplier abandoned)
      throws HypervisorException {
    called("save", id);
    existing(id);
    write(memory, "memory of " + id + ", save " + ++saves);
    guests.remove(id);
    stood.put(id, Instant.EPOCH.plusSeconds(saves));
  }

  /** As where a daemon goes on with what an agent told it that was killed. */
  public synchronized void saveGoesOn(UUID id, Path memory) throws HypervisorException {
    existing(id);
    write(memory, "");
    going.add(id);
  }

  /** What went on comes to its end: the memory is whole, and the guest gone. */
  public synchronized void saveEnds(UUID id, Path memory) throws HypervisorException {
    going.remove(id);
    if (Files.exists(memory)) {
      write(memory, "memory of " + id + ", save " + ++saves);
    }
    guests.remove(id);
  }

  @Override
  public synchronized boolean saving(UUID id) {
    return going.contains(id);
  }

  @Override
  public synchronized Optional<Instant> stoodStill(UUID id) {
    return Optional.ofNullable(stood.get(id));
  }

  @Override
  public synchronized boolean saved(UUID id, Path memory) throws HypervisorException {
    return Files.exists(memory) && content(memory).startsWith("memory of " + id);
  }

  @Override
  public synchronized boolean adopt(GuestSpec spec, Path memory) throws HypervisorException {
    String content = content(memory);
    if (content.contains(HOSTILE)) {
      throw new HypervisorException(
          Kind.REFUSED, "it is hostile", Map.of("expected", "memory", "found", HOSTILE), null);
    }
    if (!believesSaved || content.endsWith(spec.fingerprint())) {
      return false;
    }
    write(memory, content + " " + spec.fingerprint());
    return true;
  }

  /** From now on what is in a saved memory would decide how its domain is made. */
  public synchronized void believeSaved() {
    believesSaved = true;
  }

  @Override
  public synchronized GuestStatus restorePaused(GuestSpec spec, Path memory)
      throws HypervisorException {
    String content = content(memory);
    GuestStatus status = startPaused(spec);
    guests.get(spec.id()).memory = Optional.of(content);
    guests.get(spec.id()).held.add(opened(memory, memoryWritable));
    return status;
  }

  /** From now on a restored guest could write to the memory that it goes on holding. */
  public synchronized void holdMemoryForWriting() {
    memoryWritable = true;
  }

  /** From now on guests see no disk that they can only read. */
  public synchronized void leaveOutReadOnlyDisks() {
    readOnlyDisks = false;
  }

  /** What a guest was made of. */
  public synchronized GuestSpec specificationOf(UUID id) {
    return guests.get(id).spec;
  }

  private static void write(Path memory, String content) throws HypervisorException {
    try {
      Files.writeString(memory, content);
    } catch (IOException e) {
      throw new HypervisorException(Kind.FAILED, "cannot write " + memory, Map.of(), e);
    }
  }

  private static String content(Path memory) throws HypervisorException {
    try {
      return Files.readString(memory);
    } catch (IOException e) {
      throw new HypervisorException(Kind.FAILED, "cannot read " + memory, Map.of(), e);
    }
  }

  @Override
  public synchronized void shutDown(UUID id) throws HypervisorException {
    called("shutDown", id);
    if (existing(id).state == GuestState.RUNNING && !deaf) {
      guests.remove(id);
    }
  }

  @Override
  public synchronized void destroy(UUID id) throws HypervisorException {
    called("destroy", id);
    refuseForeign(id);
    guests.remove(id);
  }

  @Override
  public synchronized Optional<GuestStatus> inspect(UUID id) throws HypervisorException {
    called("inspect", id);
    return Optional.ofNullable(guests.get(id)).map(InMemoryHypervisor::status);
  }

  @Override
  public synchronized List<GuestStatus> list() throws HypervisorException {
    called("list", null);
    return guests.values().stream()
        .map(InMemoryHypervisor::status)
        .sorted(Comparator.comparing(GuestStatus::name))
        .toList();
  }

  @Override
  public synchronized List<ForeignDomain> foreign() {
    return foreign.values().stream().sorted(Comparator.comparing(ForeignDomain::name)).toList();
  }

  @Override
  public synchronized ConsoleOutput readConsole(ConsoleSource source, long offset, int maxBytes) {
    byte[] all = consoles.getOrDefault(source.id(), new byte[0]);
    int from = (int) Math.min(offset, all.length);
    int to = (int) Math.min((long) from + maxBytes, all.length);
    return new ConsoleOutput(from, Arrays.copyOfRange(all, from, to));
  }

  @Override
  public synchronized ConsoleLine openConsole(UUID id) throws HypervisorException {
    called("openConsole", id);
    existing(id);
    return new EchoingConsole(() -> inMap(id));
  }

  private synchronized boolean inMap(UUID id) {
    return guests.containsKey(id);
  }

  @Override
  public synchronized GuestEnd howItEnded(UUID id) {
    return ends.getOrDefault(id, GuestEnd.UNSEEN);
  }

  @Override
  public void close() {}

  // --- what a test can do to it

  /** The next call fails with this. */
  public synchronized void failNext(HypervisorException exception) {
    fault = Optional.of(exception);
  }

  /** The next call of this name fails with this. */
  public synchronized void failNextOf(String call, HypervisorException exception) {
    faults.put(call, exception);
  }

  /** Somebody else's domain. */
  public synchronized void addForeign(UUID id, String name) {
    foreign.put(id, new ForeignDomain(id.toString(), name));
  }

  /** Guests do not heed their power button. */
  public synchronized void deafen(boolean now) {
    deaf = now;
  }

  /** Takes limits and forgets them, as libvirt does without control groups. */
  public synchronized void forgetLimits() {
    forgetful = true;
  }

  /** Cannot hold guests to this any more, nor say so of those that are held. */
  public synchronized void cannotHoldTo(Limit kind) {
    limits.remove(kind);
  }

  /** Somebody changes what a guest is held to. */
  public synchronized void tamper(UUID id, GuestLimits now) {
    guests.get(id).limits = now;
  }

  /** The guest powers itself off: a transient domain is gone then. */
  public synchronized void guestEndsItself(UUID id) {
    guestGoes(id, GuestEnd.POWERED_OFF);
  }

  /**
   * The guest powers itself off, and its domain is there still, as one that libvirt did not hear.
   */
  public synchronized void guestEndsUnheard(UUID id) {
    guests.get(id).state = GuestState.ENDED;
  }

  /** The guest ends in this way; whatever it is, a transient domain is gone then. */
  public synchronized void guestGoes(UUID id, GuestEnd how) {
    guests.remove(id);
    ends.put(id, how);
  }

  /** The guest writes to its console. */
  public synchronized void print(UUID id, String text) {
    consoles.put(
        id, (new String(consoles.getOrDefault(id, new byte[0]), UTF_8) + text).getBytes(UTF_8));
  }

  /** The saved memories that guests went on from, each as often as it was used. */
  public synchronized List<String> usedMemories() {
    return List.copyOf(usedMemories);
  }

  /** Every call so far, like {@code resume 8d0e...}. */
  public synchronized List<String> calls() {
    return List.copyOf(calls);
  }

  private void called(String what, UUID id) throws HypervisorException {
    calls.add(id == null ? what : what + " " + id);
    HypervisorException ordered = faults.remove(what);
    if (ordered != null) {
      throw ordered;
    }
    if (fault.isPresent()) {
      HypervisorException exception = fault.get();
      fault = Optional.empty();
      throw exception;
    }
  }

  private void refuseForeign(UUID id) throws HypervisorException {
    if (foreign.containsKey(id)) {
      throw new HypervisorException(Kind.CONFLICT, "domain " + id + " is not one of Hospes's");
    }
  }

  private Guest existing(UUID id) throws HypervisorException {
    Guest guest = guests.get(id);
    if (guest == null) {
      throw new HypervisorException(Kind.NOT_FOUND, "no guest " + id);
    }
    return guest;
  }

  private static GuestStatus status(Guest guest) {
    GuestSpec spec = guest.spec;
    return new GuestStatus(
        spec.id(), spec.name(), guest.state, List.of(spec.network().device()), spec.metadata());
  }

  private static List<OpenFile> open(GuestSpec spec) throws HypervisorException {
    List<OpenFile> files = new ArrayList<>();
    for (GuestDisk disk : spec.disks()) {
      for (DiskLayer layer : disk.layers()) {
        files.add(opened(layer.path(), layer.equals(disk.layers().get(0)) && !disk.readOnly()));
      }
    }
    files.sort(Comparator.comparing(OpenFile::path));
    return files;
  }

  private static OpenFile opened(Path path, boolean writable) throws HypervisorException {
    try {
      Map<String, Object> facts = Files.readAttributes(path, "unix:dev,ino");
      return new OpenFile(
          ((Number) facts.get("dev")).longValue(),
          ((Number) facts.get("ino")).longValue(),
          path.toString(),
          writable);
    } catch (IOException e) {
      throw new HypervisorException(
          Kind.REFUSED, "cannot open " + path, Map.of("path", path.toString()), e);
    }
  }
}
