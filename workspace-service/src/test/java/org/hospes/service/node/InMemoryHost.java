package org.hospes.service.node;

import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hospes.image.Digest;
import org.hospes.image.SignedImage;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Resources;
import org.hospes.service.workspace.Sample;
import org.hospes.service.workspace.WorkspaceId;

/** What a node in memory has, and what tests want of it next. Guarded by its cluster. */
final class InMemoryHost {
  final Map<WorkspaceId, Guest> guests = new LinkedHashMap<>();
  final Map<WorkspaceId, Integer> boots = new LinkedHashMap<>();
  final Map<WorkspaceId, SignedImage> papers = new LinkedHashMap<>();
  final List<Refusal> failNextPreparations = new ArrayList<>();
  final List<Refusal> refuseNextPreparations = new ArrayList<>();
  final List<Refusal> failNextStarts = new ArrayList<>();
  final List<Refusal> refuseNextStarts = new ArrayList<>();
  final String name;
  Set<String> capabilities = Set.of("stop", "pause", "snapshot", "suspend", "migrate", "ahead");
  Optional<String> platform = Optional.of("test");
  Optional<String> machine = Optional.of("test 1.0 on cpu64");
  int looksUntilReceived;

  /** Guests that another node may copy, and by which wish. */
  final Map<WorkspaceId, String> offered = new LinkedHashMap<>();

  /** Guests that it copies from another node before they are left to it, and by which wish. */
  final Map<WorkspaceId, String> expected = new LinkedHashMap<>();

  int looksUntilCopied;
  final List<Refusal> refuseNextExpectations = new ArrayList<>();
  final List<Refusal> failNextReceptions = new ArrayList<>();
  final List<Refusal> refuseNextSuspensions = new ArrayList<>();
  final Set<WorkspaceId> neverRemoved = new HashSet<>();
  boolean slowToStop;
  boolean slowToCopy;
  final List<Refusal> failNextSnapshots = new ArrayList<>();
  final Map<WorkspaceId, Integer> snapshotTasks = new LinkedHashMap<>();
  final Set<Digest> images = new HashSet<>();
  Resources capacity = new Resources(8, 8 << 30L, 100L << 30);
  boolean reachable = true;
  boolean beating = true;
  boolean vanishesOnceLeft;
  int looksUntilPrepared = 1;
  int waiting;

  InMemoryHost(String name) {
    this.name = name;
  }

  /** The guest; one that is absent if there is none. */
  Guest guest(WorkspaceId id) {
    return guests.getOrDefault(id, Guest.absent(id));
  }

  NodeReport report() {
    return new NodeReport(
        capacity.scratchBytes(), Sample.digest(1), images, List.copyOf(guests.values()), List.of());
  }

  NodeFacts facts() {
    return new NodeFacts(
        URI.create("https://" + name + ".example.org:9445/node"),
        "test",
        capabilities,
        capacity,
        "198.51.100.11",
        "0",
        platform,
        machine);
  }
}
