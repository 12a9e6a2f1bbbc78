package org.hospes.node.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.catalogue.Catalogue;
import org.hospes.image.catalogue.CatalogueFormat;
import org.hospes.image.catalogue.SignedCatalogue;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.node.imagecache.FileVerity;
import org.hospes.node.imagecache.InMemoryVerity;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.SnapshotTask;
import org.hospes.node.sandbox.TamperedNode.Published;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A thousand alterations by chance, of everything on an image's and a guest's way from the
 * repository to its first instruction. Whatever is altered, no guest runs with other bytes than
 * were signed, or were there when it stopped; and who is refused is in the audit log, by code.
 *
 * <p>{@code -Dtamper.seed=N} draws the same again, {@code -Dtamper.count=N} more or fewer.
 */
@Execution(ExecutionMode.CONCURRENT)
class TamperTest {
  private static final int COUNT = Integer.getInteger("tamper.count", 1000);
  private static final Duration PATIENT = Duration.ofSeconds(60);

  /** What is altered, and when. */
  private enum Target {
    REPOSITORY,
    WIRE,
    MANIFEST,
    SIGNATURE,
    CERTIFICATE,
    CATALOGUE,
    CACHE_BEFORE_ORDER,
    CACHE_BEFORE_START,
    CACHE_FOLDER,
    DIGEST_RECORD,
    UNDER_ITS_HASH,
    AFTER_ITS_HASH,
    AT_ITS_OPENING,
    AT_ITS_OPENING_AND_BACK,
    SEED_BEFORE_START,
    OVERLAY,
    SCRATCH,
    SEED,
    MEMORY,
    SNAPSHOT
  }

  @TempDir static Path folder;
  private final Random random;
  private final long seed = Long.getLong("tamper.seed", System.nanoTime());
  private final Map<Target, int[]> outcomes = new EnumMap<>(Target.class);
  private int refusals;
  private TamperedNode node;
  private Path elsewhere;
  private List<List<X509Certificate>> strangers;

  TamperTest() {
    random = new Random(seed);
  }

  @Test
  void noAlteredByteRuns() throws Exception {
    System.out.println("tamper.seed=" + seed);
    alter(FileVerity.NONE, "hashed", COUNT / 2);
    alter(new InMemoryVerity(), "sealed", COUNT - COUNT / 2);
    outcomes.forEach(
        (target, n) ->
            System.out.println(target + ": " + n[0] + " refused, " + n[1] + " without effect"));
  }

  private void alter(FileVerity verity, String name, int count) throws Exception {
    try (TamperedNode opened = new TamperedNode(folder.resolve(name), verity)) {
      node = opened;
      elsewhere = opened.elsewhere;
      strangers =
          List.of(
              node.mallory.chain(),
              node.pki.forgedBy(node.mallory, "/DC=org/DC=hospes/CN=Bob Builder").chain(),
              node.pki.otherCa().named("/DC=org/DC=hospes/CN=Bob Builder").chain(),
              List.of());
      int before = refusals;
      for (int i = 0; refusals - before < count; i++) {
        Target target = Target.values()[random.nextInt(Target.values().length)];
        Published image = node.images.get(random.nextInt(node.images.size()));
        String what = target + ", alteration " + i + " of tamper.seed=" + seed + ": ";
        try {
          round(target, image, what);
        } catch (Exception e) {
          throw new AssertionError(what + e, e);
        }
        assertEquals(List.of(), node.witness.wrong(), what);
        node.tidy(image, random);
      }
    }
  }

  /** Where it has to end. */
  private void refused(UUID id, long ranBefore, Target target, String what) throws Exception {
    GuestPhase phase = node.settled(id);
    assertTrue(phase == GuestPhase.FAILED || phase == GuestPhase.ABSENT, what + phase);
    assertEquals(ranBefore, node.witness.ran(id), what + "it ran");
    List<String> lines = node.audited();
    assertTrue(TamperedNode.refusedIn(lines, id), what + "not in the audit log: " + lines);
    count(target, 0);
    away(id);
  }

  /** Where it may run if that makes no difference to it. */
  private void refusedOrTheSame(UUID id, Target target, String what) throws Exception {
    GuestPhase phase = node.settled(id);
    if (phase == GuestPhase.PREPARED) {
      node.guests.start(id);
      phase = node.settled(id);
    }
    if (phase == GuestPhase.FAILED || phase == GuestPhase.ABSENT) {
      refused(id, 0, target, what);
    } else {
      assertEquals(GuestPhase.RUNNING, phase, what);
      assertEquals(1, node.witness.ran(id), what);
      count(target, 1);
      away(id);
    }
  }

  /** What has no effect is told, and does not count. */
  private void count(Target target, int outcome) {
    refusals += outcome == 0 ? 1 : 0;
    outcomes.computeIfAbsent(target, t -> new int[2])[outcome]++;
  }

  private void away(UUID id) throws Exception {
    GuestView unused = node.guests.remove(id, "the next one");
    assertEquals(GuestPhase.ABSENT, node.settled(id));
    node.witness.forget(id);
  }

  private UUID ordered(GuestOrder order) throws Exception {
    try {
      GuestView unused = node.guests.prepare(order);
    } catch (GuestFailedException e) {
      // Not even taken; whoever asked was told.
      assertEquals(GuestPhase.ABSENT, node.settled(order.id()));
      return order.id();
    }
    GuestPhase ended = node.settled(order.id());
    assertTrue(ended == GuestPhase.PREPARED || ended == GuestPhase.FAILED, ended::toString);
    return order.id();
  }

  private UUID prepared(Published image) throws Exception {
    UUID id = ordered(node.order(image));
    assertEquals(GuestPhase.PREPARED, node.settled(id));
    expectAsItIs(id, "seed.iso");
    return id;
  }

  private void started(UUID id) throws Exception {
    GuestView unused = node.guests.start(id);
    GuestPhase phase = node.settled(id);
    assertTrue(phase == GuestPhase.RUNNING || phase == GuestPhase.FAILED, phase::toString);
  }

  private void expectAsItIs(UUID id, String name) throws IOException {
    node.witness.expect(
        id, name, Digest.sha256Of(Files.readAllBytes(node.folder(id).resolve(name))));
  }

  /** A guest that ran, wrote, and is off. */
  private UUID off(Published image, boolean suspended) throws Exception {
    UUID id = prepared(image);
    started(id);
    assertEquals(1, node.witness.ran(id), () -> "it does not run: " + node.failure(id));
    for (String name : List.of("disk.qcow2", "scratch.raw")) {
      byte[] written = new byte[512 + random.nextInt(2048)];
      random.nextBytes(written);
      Files.write(node.folder(id).resolve(name), written);
      expectAsItIs(id, name);
    }
    GuestView unused = suspended ? node.guests.suspend(id) : node.guests.stop(id, PATIENT);
    assertEquals(suspended ? GuestPhase.SUSPENDED : GuestPhase.STOPPED, node.settled(id));
    if (suspended) {
      expectAsItIs(id, "memory.save");
    }
    return id;
  }

  private void round(Target target, Published image, String what) throws Exception {
    switch (target) {
      case REPOSITORY, WIRE -> onTheWay(target, image, what);
      case MANIFEST, SIGNATURE, CERTIFICATE -> papers(target, image, what);
      case CATALOGUE -> catalogue(image, what);
      case CACHE_BEFORE_ORDER -> {
        away(prepared(image));
        Means.any(random).alter(node.cached(image), elsewhere, random);
        refused(ordered(node.order(image)), 0, target, what);
      }
      case CACHE_BEFORE_START, CACHE_FOLDER -> {
        UUID id = prepared(image);
        if (target == Target.CACHE_FOLDER) {
          node.swapFolder(image, Means.altered(image.bytes(), random));
        } else {
          Means.any(random).alter(node.cached(image), elsewhere, random);
        }
        started(id);
        refused(id, 0, target, what);
      }
      case DIGEST_RECORD -> {
        UUID id = prepared(image);
        for (Path record : node.records()) {
          Means.any(random).alter(record, elsewhere, random);
        }
        refusedOrTheSame(id, target, what);
      }
      case UNDER_ITS_HASH, AFTER_ITS_HASH, AT_ITS_OPENING, AT_ITS_OPENING_AND_BACK ->
          race(target, image, what);
      case SEED_BEFORE_START -> {
        UUID id = prepared(image);
        Means.any(random).alter(node.folder(id).resolve("seed.iso"), elsewhere, random);
        refusedOrTheSame(id, target, what);
      }
      case OVERLAY, SCRATCH, SEED, MEMORY -> {
        UUID id = off(image, target == Target.MEMORY || random.nextBoolean());
        String name =
            switch (target) {
              case OVERLAY -> "disk.qcow2";
              case SCRATCH -> "scratch.raw";
              case SEED -> "seed.iso";
              default -> "memory.save";
            };
        Means.any(random).alter(node.folder(id).resolve(name), elsewhere, random);
        started(id);
        refused(id, 1, target, what);
      }
      case SNAPSHOT -> snapshot(image, what);
    }
  }

  private void onTheWay(Target target, Published image, String what) throws Exception {
    Files.deleteIfExists(node.cached(image));
    Means means = Means.any(random);
    if (target == Target.WIRE) {
      node.wire = bytes -> Means.altered(bytes, random);
    } else {
      means.alter(image.file(), elsewhere, random);
    }
    UUID id = ordered(node.order(image));
    if (target == Target.REPOSITORY && means == Means.LENGTHEN) {
      // Nobody asks for what lies behind its end.
      refusedOrTheSame(id, target, what);
    } else {
      refused(id, 0, target, what);
    }
  }

  private void papers(Target target, Published image, String what) throws Exception {
    SignedImage good = image.papers();
    SignedImage other = node.images.get(random.nextInt(node.images.size())).papers();
    boolean swap = random.nextInt(4) == 0 && other != good;
    SignedImage altered =
        switch (target) {
          case MANIFEST ->
              new SignedImage(
                  swap ? other.manifest() : Means.altered(good.manifest(), random),
                  good.form(),
                  good.signature(),
                  good.chain());
          case SIGNATURE ->
              new SignedImage(
                  good.manifest(),
                  good.form(),
                  swap ? other.signature() : Means.altered(good.signature(), random),
                  good.chain());
          default ->
              new SignedImage(
                  good.manifest(),
                  good.form(),
                  good.signature(),
                  strangers.get(random.nextInt(strangers.size())));
        };
    UUID id = ordered(node.order(image, image.digest(), altered));
    boolean signed = target == Target.MANIFEST == (good.form() == SignatureForm.CMS);
    if (signed) {
      refused(id, 0, target, what);
    } else {
      // A classic signature is over the disk alone, and one of CMS brings its own certificates and
      // has parts that nobody signs: what is left standing may be the very same image.
      refusedOrTheSame(id, target, what);
    }
  }

  /** The list itself is refused; and if it was believed, the disk that it leads to is. */
  private void catalogue(Published image, String what) throws Exception {
    Credential repository = node.bob;
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    byte[] list = CatalogueFormat.write(new Catalogue(3, now, now.plusSeconds(600), List.of()));
    byte[] signature = CmsSignatures.sign(list, repository);
    SignedCatalogue altered = new SignedCatalogue(Means.altered(list, random), signature);
    try (CertificateDirectory paths = node.pki.validator()) {
      DistinguishedName dn = DistinguishedName.ofSubject(repository.leaf());
      assertThrows(ImageRefusedException.class, () -> altered.verify(paths, dn, now), what);
    }
    Published other;
    do {
      other = node.images.get(random.nextInt(node.images.size()));
    } while (other.digest().equals(image.digest()));
    Files.deleteIfExists(node.cached(other));
    GuestOrder order =
        random.nextBoolean()
            ? node.order(image, other.digest(), image.papers())
            : node.order(
                new Published(image.file(), image.bytes(), other.papers()),
                other.digest(),
                other.papers());
    refused(ordered(order), 0, Target.CATALOGUE, what);
  }

  private void race(Target target, Published image, String what) throws Exception {
    UUID id = prepared(image);
    Path cached = node.cached(image);
    Means means = Means.any(random);
    byte[] other = Means.altered(image.bytes(), random);
    switch (target) {
      case UNDER_ITS_HASH -> {
        // The node is shown the good file while it looks, and given the other one.
        Means.FLIP.alter(cached, elsewhere, random);
        node.atJudgement(() -> node.swapFolder(image, image.bytes()), node::folderBack);
      }
      case AFTER_ITS_HASH -> node.atJudgement(null, () -> means.alter(cached, elsewhere, random));
      case AT_ITS_OPENING ->
          node.witness.atOpen(
              random.nextInt(4) == 0
                  ? () -> node.swapFolder(image, other)
                  : () -> means.alter(cached, elsewhere, random),
              null);
      default -> {
        Path aside = elsewhere.resolve("aside-" + id);
        if (random.nextBoolean()) {
          node.witness.atOpen(() -> node.swapFolder(image, other), node::folderBack);
        } else {
          node.witness.atOpen(
              () -> {
                Files.move(cached, aside);
                Files.write(cached, other);
              },
              () -> {
                Files.delete(cached);
                Files.move(aside, cached);
              });
        }
      }
    }
    started(id);
    refused(id, 0, target, what);
  }

  private void snapshot(Published image, String what) throws Exception {
    UUID id = off(image, false);
    GuestView unused = node.snapshots.order(id, task(SnapshotTask.Kind.TAKE));
    assertEquals(GuestPhase.STOPPED, node.settled(id));
    List<Path> kept;
    try (Stream<Path> files = Files.list(node.folder(id).resolve("snapshots/one"))) {
      kept = files.filter(Files::isRegularFile).sorted().toList();
    }
    Path file = kept.get(random.nextInt(kept.size()));
    Means.any(random).alter(file, elsewhere, random);
    unused = node.snapshots.order(id, task(SnapshotTask.Kind.ROLL_BACK));
    assertEquals(GuestPhase.STOPPED, node.settled(id), what);
    List<String> lines = node.audited();
    assertTrue(TamperedNode.refusedIn(lines, id), what + file + " not in the log: " + lines);
    started(id);
    assertEquals(2, node.witness.ran(id), what + "it goes on with what it had");
    count(Target.SNAPSHOT, 0);
    away(id);
  }

  private static SnapshotTask task(SnapshotTask.Kind kind) {
    return new SnapshotTask(UUID.randomUUID().toString(), kind, "one");
  }
}
