package org.hospes.node.libvirt;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.hospes.node.hypervisor.Ability;
import org.hospes.node.hypervisor.Capabilities;
import org.hospes.node.hypervisor.ConsoleLine;
import org.hospes.node.hypervisor.ConsoleOutput;
import org.hospes.node.hypervisor.ConsoleSource;
import org.hospes.node.hypervisor.ForeignDomain;
import org.hospes.node.hypervisor.GuestEnd;
import org.hospes.node.hypervisor.GuestLimits;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.GuestState;
import org.hospes.node.hypervisor.GuestStatus;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.hypervisor.Limit;
import org.hospes.node.hypervisor.OpenFile;
import org.hospes.node.libvirt.LibvirtSettings.Driver;
import org.libvirt.Connect;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Guests as transient libvirt domains. Thread-safe; holds no state of guests, so that what it says
 * is what libvirt says now.
 */
public final class LibvirtHypervisor implements Hypervisor {
  private static final Logger log = LoggerFactory.getLogger(LibvirtHypervisor.class);
  private static final Duration CONSOLE_LAG = Duration.ofSeconds(1);

  /** How long libvirt may take to let go of an earlier domain, and how often it is asked. */
  private static final Duration SETTLING = Duration.ofSeconds(15);

  private static final long PAUSE_MILLIS = 100;

  private final LibvirtSettings settings;
  private final LibvirtConnection connection;
  private final DriverTraits traits;
  private final GuestProcesses processes;
  private final Strays strays;
  private final Object consoles = new Object();
  private final Object[] turns = Stream.generate(Object::new).limit(64).toArray();
  private final DomainCreation creation;
  private final Endings endings;
  private final HeldLimits limits;
  private final Optional<XenStandstill> live;
  private final GuestMemories memories;

  private LibvirtHypervisor(
      LibvirtSettings settings, LibvirtConnection connection, DriverTraits traits, Clock clock) {
    this.settings = settings;
    this.connection = connection;
    this.traits = traits;
    this.processes = new GuestProcesses(Path.of("/proc"), settings.networkNamespace());
    XenDomains domains = XenDomains.here();
    this.strays = new Strays(settings.driver(), processes, domains);
    this.creation = new DomainCreation(settings, traits);
    this.endings = new Endings(settings);
    this.limits = new HeldLimits(settings.driver(), XenThrottle.here());
    this.live =
        traits.capabilities().abilities().contains(Ability.LIVE)
            ? Optional.of(new XenStandstill(XenLiveSave.here(clock), domains, endings))
            : Optional.empty();
    this.memories = new GuestMemories(settings.driver(), connection, live);
  }

  /**
   * Connects, finds out how guests are to be run here, and says so in the log. With {@link
   * LibvirtSettings.Emulation#AUTO} this may boot a probe guest, which takes up to some seconds.
   *
   * @throws HypervisorException when libvirt does not answer, obeys every user of the machine, runs
   *     guests as root, or cannot run them in the way the settings ask for
   */
  public static LibvirtHypervisor open(LibvirtSettings settings, Clock clock)
      throws HypervisorException {
    // One that the settings name is the operator's own affair.
    if (settings.driver() != Driver.TEST && !settings.uri().contains("socket=")) {
      LibvirtSockets.here().requireGuarded();
    }
    LibvirtConnection connection = new LibvirtConnection(settings.uri());
    try {
      DriverTraits traits =
          connection.call("look at the machine", connect -> DriverTraits.of(settings, connect));
      log.info("hypervisor=\"{}\" uri={}", traits.capabilities().hypervisor(), settings.uri());
      return new LibvirtHypervisor(settings, connection, traits, clock);
    } catch (HypervisorException e) {
      connection.close();
      throw e;
    }
  }

  @Override
  public Capabilities capabilities() {
    Capabilities found = traits.capabilities();
    return new Capabilities(
        found.hypervisor(),
        found.cpus(),
        found.memoryBytes(),
        creation.shares(),
        found.holdsFiles(),
        found.readOnlyDisks(),
        found.abilities(),
        found.platform(),
        found.machine(),
        found.limits(),
        found.guestOwner());
  }

  @Override
  public GuestStatus startPaused(GuestSpec spec) throws HypervisorException {
    synchronized (turn(spec.id())) {
      long deadline = System.nanoTime() + SETTLING.toNanos();
      while (true) {
        boolean last = System.nanoTime() > deadline;
        Optional<GuestStatus> started =
            connection.call(
                "start guest " + spec.id(), connect -> startOrSettle(connect, spec, last));
        if (started.isPresent()) {
          return started.get();
        }
        pause();
      }
    }
  }

  @Override
  public String definition(GuestSpec spec) {
    return creation.definition(spec);
  }

  /**
   * Empty when libvirt is still busy with an earlier domain of this id, as it is for a moment after
   * it was restarted or after a guest ended by itself.
   */
  private Optional<GuestStatus> startOrSettle(Connect connect, GuestSpec spec, boolean last)
      throws LibvirtException, HypervisorException {
    Optional<FoundDomain> existing = FoundDomain.find(connect, spec.id());
    if (existing.isPresent()) {
      GuestStatus status = existing.get().sameGuest(spec);
      return status.state() == GuestState.ENDED && !last ? Optional.empty() : Optional.of(status);
    }
    strays.end(spec.id());
    try {
      endings.forget(spec.id());
      return Optional.of(creation.create(connect, spec));
    } catch (LibvirtException e) {
      DomainCreation.refuseNamesake(connect, spec, e);
      if (last || !LibvirtErrors.isSettling(e)) {
        throw e;
      }
      return Optional.empty();
    }
  }

  private static void pause() throws HypervisorException {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HypervisorException(Kind.FAILED, "interrupted while libvirt was settling");
    }
  }

  /** One guest's start and end come one after the other; which of these it is, its id decides. */
  private Object turn(UUID id) {
    return turns[Math.floorMod(id.hashCode(), turns.length)];
  }

  private FoundDomain existing(UUID id) throws HypervisorException {
    return connection.call("look at guest " + id, connect -> FoundDomain.existing(connect, id));
  }

  @Override
  public ConsoleLine openConsole(UUID id) throws HypervisorException {
    return PseudoTerminal.open(existing(id).facts(), traits.capabilities().guestOwner());
  }

  @Override
  public List<OpenFile> openFiles(UUID id) throws HypervisorException {
    FoundDomain guest = existing(id);
    return traits.openFiles(processes, guest.facts(), guest.number());
  }

  @Override
  public void requireLimits(Set<Limit> kinds) throws HypervisorException {
    connection.call(
        "try whether guests can be held to limits",
        connect -> {
          limits.require(connect, kinds);
          return null;
        });
  }

  @Override
  public void limit(UUID id, GuestLimits wanted) throws HypervisorException {
    connection.call(
        "hold guest " + id + " to limits",
        connect -> {
          limits.set(connect, id, wanted);
          return null;
        });
  }

  @Override
  public GuestLimits limits(UUID id) throws HypervisorException {
    return connection.call(
        "read what guest " + id + " is held to", connect -> limits.read(connect, id));
  }

  @Override
  public void resume(UUID id) throws HypervisorException {
    if (live.isPresent()) {
      // One that a save left standing is let go on by looking.
      Optional<GuestStatus> unused = inspect(id);
    }
    on(
        "resume",
        id,
        domain -> {
          if (FoundDomain.state(domain) == GuestState.PAUSED) {
            domain.resume();
          }
        });
  }

  @Override
  public void suspend(UUID id) throws HypervisorException {
    on(
        "suspend",
        id,
        domain -> {
          if (FoundDomain.state(domain) == GuestState.RUNNING) {
            domain.suspend();
          }
        });
  }

  @Override
  public void save(UUID id, Path memory, BooleanSupplier abandoned) throws HypervisorException {
    memories.save(id, memory, abandoned);
  }

  @Override
  public boolean saving(UUID id) throws HypervisorException {
    return memories.saving(id);
  }

  @Override
  public Optional<Instant> stoodStill(UUID id) {
    return live.flatMap(saves -> saves.stoodStill(id));
  }

  @Override
  public boolean saved(UUID id, Path memory) throws HypervisorException {
    return memories.saved(id, memory);
  }

  @Override
  public boolean adopt(GuestSpec spec, Path memory) throws HypervisorException {
    return SavedMemory.adopt(settings, spec, memory, creation.document(spec));
  }

  @Override
  public GuestStatus restorePaused(GuestSpec spec, Path memory) throws HypervisorException {
    synchronized (turn(spec.id())) {
      String doing = "restore guest " + spec.id();
      return connection.call(
          doing,
          connect -> {
            Optional<FoundDomain> existing = FoundDomain.find(connect, spec.id());
            if (existing.isPresent()) {
              return existing.get().sameGuest(spec);
            }
            strays.end(spec.id());
            endings.forget(spec.id());
            SavedMemory.restorePaused(
                settings.driver(), connect, memory, creation.document(spec), doing);
            return FoundDomain.existing(connect, spec.id()).sameGuest(spec);
          });
    }
  }

  @Override
  public void shutDown(UUID id) throws HypervisorException {
    on("shut down", id, domain -> traits.shutDown(domain, id));
  }

  private void on(String doing, UUID id, FoundDomain.Act act) throws HypervisorException {
    connection.call(
        doing + " guest " + id,
        connect -> {
          FoundDomain.on(connect, id, act);
          return null;
        });
  }

  @Override
  public void destroy(UUID id) throws HypervisorException {
    synchronized (turn(id)) {
      connection.call(
          "destroy guest " + id,
          connect -> {
            Optional<FoundDomain> found = FoundDomain.find(connect, id);
            if (found.isPresent()) {
              if (found.get().facts().papers().isEmpty()) {
                throw FoundDomain.foreign(found.get().facts());
              }
              FoundDomain.destroy(connect, id);
            }
            strays.end(id);
            return null;
          });
    }
  }

  @Override
  public Optional<GuestStatus> inspect(UUID id) throws HypervisorException {
    Optional<GuestStatus> guest =
        connection.call(
            "look at guest " + id,
            connect ->
                FoundDomain.find(connect, id)
                    .flatMap(found -> found.facts().papers().map(found::status)));
    return asTheyAre(guest.stream().toList()).stream().findFirst();
  }

  @Override
  public List<GuestStatus> list() throws HypervisorException {
    return asTheyAre(
        all().stream()
            .flatMap(found -> found.facts().papers().map(found::status).stream())
            .sorted(Comparator.comparing(GuestStatus::name))
            .toList());
  }

  private List<GuestStatus> asTheyAre(List<GuestStatus> guests) throws HypervisorException {
    return live.isPresent() ? live.get().asXenHasThem(guests) : guests;
  }

  @Override
  public List<ForeignDomain> foreign() throws HypervisorException {
    return all().stream()
        .filter(found -> found.facts().papers().isEmpty())
        .map(found -> new ForeignDomain(found.facts().uuid(), found.facts().name()))
        .sorted(Comparator.comparing(ForeignDomain::name))
        .toList();
  }

  @Override
  public ConsoleOutput readConsole(ConsoleSource source, long offset, int maxBytes)
      throws HypervisorException {
    Path path = traits.consoleLog(source);
    synchronized (consoles) {
      try {
        return new ConsoleLog(path).read(offset, maxBytes);
      } catch (IOException e) {
        throw new HypervisorException(
            Kind.FAILED,
            "cannot read the console of guest " + source.id() + ": " + e.getMessage(),
            Map.of("guest", source.id().toString(), "path", path.toString()),
            e);
      }
    }
  }

  @Override
  public Duration consoleLag() {
    return settings.driver() == Driver.TEST ? Duration.ZERO : CONSOLE_LAG;
  }

  @Override
  public GuestEnd howItEnded(UUID id) {
    GuestEnd how = endings.of(id);
    return how == GuestEnd.CRASHED || how == GuestEnd.REBOOTED || !traits.loaderGaveUp(id)
        ? how
        : GuestEnd.NEVER_BOOTED;
  }

  @Override
  public void close() {
    endings.close();
    connection.close();
  }

  private List<FoundDomain> all() throws HypervisorException {
    return connection.call("list the domains", FoundDomain::all);
  }
}
