package org.hospes.node.sandbox;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.fetch.FetchLimits;
import org.hospes.image.fetch.ImageFetch;
import org.hospes.image.policy.Audience;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.image.testimages.TestDisks;
import org.hospes.image.testimages.TestPolicies;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.image.verify.KnownDigests;
import org.hospes.image.verify.OpenDisk;
import org.hospes.image.verify.Thoroughness;
import org.hospes.image.verify.VerifiedImage;
import org.hospes.image.verify.VerifiedPapers;
import org.hospes.node.app.NodeParts;
import org.hospes.node.hypervisor.InMemoryHypervisor;
import org.hospes.node.imagecache.FileVerity;
import org.hospes.node.imagecache.ImageCache;
import org.hospes.node.imagecache.ImageJudge;
import org.hospes.node.imagecache.TestImages;
import org.hospes.node.imagecache.TestPapers;
import org.hospes.node.journal.FileJournal;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.JournalWatcher;
import org.hospes.node.journal.OnCrash;
import org.hospes.node.journal.ServiceMemory;
import org.hospes.node.network.InMemoryNetwork;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.testpki.TestPki;

/**
 * A node whose fetching, verifier, cache, journal and guests' states are the real ones, with a
 * repository of signed images that an attacker can write to, and a hypervisor that tells what ran.
 */
final class TamperedNode implements AutoCloseable {
  static final int DISK = 64 << 10;
  private static final Clock CLOCK = Clock.systemUTC();

  /** A disk in the repository, and its papers. */
  record Published(Path file, byte[] bytes, SignedImage papers) {
    Digest digest() {
      return TestImages.digestOf(papers);
    }
  }

  final Path root;

  /** Where attackers keep what they put in the place of something. */
  final Path elsewhere;

  final Witness witness = new Witness(new InMemoryHypervisor());
  final List<Published> images = new ArrayList<>();
  final TestPki pki;
  final Credential bob;
  final Credential mallory;
  final Guests guests;
  final SnapshotOrders snapshots;
  private final CertificateDirectory paths;
  private final ImageCache cache;
  private final FileJournal journal;
  private final Path log;
  private long logRead;
  private volatile Witness.Deed beforeJudged;
  private volatile Witness.Deed afterJudged;

  /** What becomes of a range of a file on its way. */
  volatile UnaryOperator<byte[]> wire = UnaryOperator.identity();

  TamperedNode(Path root, FileVerity verity) throws IOException {
    this.root = Files.createDirectories(root);
    elsewhere = Files.createDirectories(root.resolve("elsewhere"));
    pki = TestPki.create(root.resolve("pki"));
    bob = pki.user("Bob Builder");
    mallory = pki.user("Mallory");
    paths = pki.validator();
    Files.createDirectories(root.resolve("repository"));
    for (SignatureForm form : SignatureForm.values()) {
      for (int i = 0; i < 2; i++) {
        publish(form, images.size());
      }
    }
    log = root.resolve("audit.jsonl");
    AuditTrail audit = NodeParts.auditLog(log, CLOCK);
    ImagePolicy policy = TestPolicies.trusting(bob, "demo");
    journal = FileJournal.open(root.resolve("journal"), JournalWatcher.NONE, CLOCK, page -> {});
    ImageFetch fetch =
        new ImageFetch(
            (address, from, to) ->
                new ByteArrayInputStream(
                    wire.apply(
                        Arrays.copyOfRange(
                            Files.readAllBytes(Path.of(address)), (int) from, (int) to))),
            new FetchLimits(1, 1, Duration.ZERO));
    cache =
        new ImageCache(
            root.resolve("cache"),
            64 << 20,
            fetch::fetch,
            new Interrupted(
                NodeParts.judge(
                    new ImageVerifier(paths, () -> policy, CLOCK, Thoroughness.ON_ARRIVAL),
                    new ImageVerifier(paths, () -> policy, CLOCK, Thoroughness.AT_BOOT))),
            new TestPapers(),
            verity,
            audit::record,
            CLOCK,
            new SimpleMeterRegistry());
    GuestFolders folders = new GuestFolders(root.resolve("guests"));
    ServiceMemory memory = ServiceMemory.open(root.resolve("service.json"));
    NodeLimits limits = new NodeLimits(8, 8L << 30, 1L << 40, 4, 4L << 30, 1L << 30, 1L << 30, 8);
    Hooks hooks;
    try {
      hooks =
          new Hooks(
              cache,
              new InMemoryNetwork(),
              new TestNode.PlainDisks(),
              folders,
              witness.hypervisor,
              new Restraints(witness.hypervisor, GuestCaps.NONE),
              witness.hypervisor.capabilities(),
              List.of(),
              memory::instance,
              boot -> {},
              host ->
                  (address, from, to) -> {
                    throw new IOException("there is no other node");
                  },
              CLOCK);
    } catch (org.hospes.node.hypervisor.HypervisorException e) {
      throw new IOException(e);
    }
    guests =
        new Guests(
            journal,
            hooks,
            folders,
            witness.hypervisor,
            limits,
            Duration.ZERO,
            new Waiters(1, Duration.ofSeconds(1)),
            audit,
            CLOCK);
    snapshots = new SnapshotOrders(guests, hooks, limits, CLOCK);
  }

  private void publish(SignatureForm form, int number) throws IOException {
    Path file = TestDisks.mbr(root.resolve("repository").resolve("disk-" + number), DISK, number);
    SignedImage papers = TestSignatures.sign(file, "image-" + number, "1", form, bob);
    images.add(new Published(file, Files.readAllBytes(file), papers));
  }

  /** The real judge, and somebody who acts just before it or just after. */
  private final class Interrupted implements ImageJudge {
    private final ImageJudge judge;

    Interrupted(ImageJudge judge) {
      this.judge = judge;
    }

    @Override
    public VerifiedPapers papers(SignedImage papers, Audience audience)
        throws ImageRefusedException {
      return judge.papers(papers, audience);
    }

    @Override
    public VerifiedImage image(
        SignedImage papers, OpenDisk file, Audience audience, boolean arrived, KnownDigests known)
        throws ImageRefusedException, IOException {
      Witness.Deed first = beforeJudged;
      Witness.Deed then = afterJudged;
      beforeJudged = null;
      afterJudged = null;
      if (first != null) {
        first.run();
      }
      try {
        return judge.image(papers, file, audience, arrived, known);
      } finally {
        if (then != null) {
          then.run();
        }
      }
    }
  }

  /** What is done right before the next image is judged, and right after that. */
  void atJudgement(Witness.Deed before, Witness.Deed after) {
    beforeJudged = before;
    afterJudged = after;
  }

  /** Whatever was to be done and was not is not done any more. */
  void calm() {
    atJudgement(null, null);
    witness.atOpen(null, null);
    wire = UnaryOperator.identity();
  }

  GuestOrder order(Published image, Digest digest, SignedImage papers) {
    GuestOrder order =
        new GuestOrder(
            UUID.randomUUID(),
            "test",
            "/DC=org/DC=hospes/CN=Ada Physicist",
            Optional.of("demo"),
            digest,
            papers,
            List.of(image.file().toUri()),
            1,
            256L << 20,
            4096,
            List.of(),
            Optional.of("ssh-ed25519 AAAA ada"),
            Optional.empty(),
            OnCrash.END,
            Instant.now().plus(Duration.ofHours(1)));
    witness.expect(order.id(), "base", digest);
    return order;
  }

  GuestOrder order(Published image) {
    return order(image, image.digest(), image.papers());
  }

  /** Where this image lies once it is here. */
  Path cached(Published image) {
    return root.resolve("cache/sha256").resolve(image.digest().hex());
  }

  Path folder(UUID id) {
    return root.resolve("guests").resolve(id.toString());
  }

  GuestPhase settled(UUID id) throws InterruptedException {
    if (!guests.settled(Duration.ofSeconds(60))) {
      throw new AssertionError(
          "it goes on for ever: " + guests.view(id).phase() + " " + failure(id));
    }
    return guests.view(id).phase();
  }

  /** Why a guest failed, or "". */
  String failure(UUID id) {
    return guests
        .view(id)
        .record()
        .flatMap(GuestRecord::failure)
        .map(why -> why.code() + ": " + why.message() + " " + why.facts())
        .orElse("");
  }

  /** The lines that the audit log got since this was asked before. */
  List<String> audited() throws IOException {
    String all = Files.exists(log) ? Files.readString(log) : "";
    String fresh = all.substring((int) logRead);
    logRead = all.length();
    return fresh.lines().toList();
  }

  /** What this guest was refused by, as the log has it: a line with its name and a code. */
  static boolean refusedIn(List<String> lines, UUID id) {
    return lines.stream()
        .anyMatch(line -> line.contains(id.toString()) && line.matches(".*\"code\":\"[^\"]+\".*"));
  }

  /** What the cache remembers of digests. */
  List<Path> records() throws IOException {
    List<Path> records = new ArrayList<>();
    for (String kind : List.of("sha1", "verity")) {
      Path folder = root.resolve("cache").resolve(kind);
      if (Files.isDirectory(folder)) {
        try (Stream<Path> files = Files.list(folder)) {
          records.addAll(files.toList());
        }
      }
    }
    return records;
  }

  /** Another folder in the place of the cache's, with these bytes under the image's name. */
  void swapFolder(Published image, byte[] bytes) throws IOException {
    Path whole = cached(image).getParent();
    Files.move(whole, whole.resolveSibling("away"));
    Files.createDirectory(whole);
    Files.write(cached(image), bytes);
  }

  /** The right folder again, if another one is in its place. */
  void folderBack() throws IOException {
    Path whole = root.resolve("cache/sha256");
    Path away = whole.resolveSibling("away");
    if (Files.exists(away)) {
      Files.move(whole, Files.createTempDirectory(elsewhere, "folder").resolve("false"));
      Files.move(away, whole);
    }
  }

  /** As if nothing had been done; some of what is remembered is gone, so that it is made again. */
  void tidy(Published image, Random random) throws IOException {
    calm();
    folderBack();
    for (Published each : images) {
      if (!Means.has(each.file(), each.bytes())) {
        Files.deleteIfExists(each.file());
        Files.write(each.file(), each.bytes());
      }
    }
    if (!Means.has(cached(image), image.bytes())) {
      Files.deleteIfExists(cached(image));
    }
    for (Path record : records()) {
      if (random.nextInt(8) == 0) {
        Files.delete(record);
      }
    }
  }

  @Override
  public void close() {
    guests.close();
    cache.close();
    journal.close();
    paths.close();
  }
}
