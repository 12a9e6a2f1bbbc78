package org.hospes.node.imagecache;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.image.fetch.FetchedImage;
import org.hospes.image.verify.DigestRecords;
import org.hospes.image.verify.KnownDigests;
import org.hospes.image.verify.RecordedPairs;
import org.hospes.image.verify.VerifiedImage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Images by their SHA-256. However many guests ask for one at once, its bytes come once. Nothing is
 * handed out that was not judged for this very demand, and hashed for it unless the kernel has held
 * it to its bytes since it was hashed before. The least recently used images make way for new ones,
 * those in use never. Safe for many threads.
 */
public final class ImageCache implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ImageCache.class);

  private final boolean sealing;
  private final CacheFolder folder;
  private final Holders holders = new Holders();
  private final ImageTransfers transfers;
  private final ImageVerification verification;
  private final Quarantine quarantine;
  private final ImageWatch watch;
  private final CacheTrail trail;
  private final Clock clock;

  /**
   * Opens the cache; images that it holds from before are kept.
   *
   * @param maxBytes of whole and partial images together
   * @param papers how papers that were accepted are kept, to be judged again
   * @param verity holds images to their bytes, where the file system offers it
   * @param trail hears of each image that was judged, of corrupt ones, and of two under one SHA-1
   */
  public ImageCache(
      Path directory,
      long maxBytes,
      ImageBytes bytes,
      ImageJudge judge,
      PapersFormat papers,
      FileVerity verity,
      CacheTrail trail,
      Clock clock,
      MeterRegistry meters)
      throws IOException {
    SealedImages sealed =
        new SealedImages(verity, new DigestRecords(directory.resolve("verity"), "verity"));
    this.folder = new CacheFolder(directory, sealed);
    this.sealing = sealed.offeredIn(directory);
    this.trail = trail;
    this.clock = clock;
    CacheAlarm alarm = new CacheAlarm(trail, meters);
    KnownDigests known =
        new KnownDigests(
            new RecordedPairs(
                new DigestRecords(directory.resolve("sha1"), "sha1"), alarm::collision),
            sealed);
    this.quarantine = new Quarantine(directory.resolve("quarantine"), folder);
    this.transfers =
        new ImageTransfers(
            folder, new Room(folder, quarantine, maxBytes, meters), bytes, holders, meters);
    this.watch =
        new ImageWatch(
            folder,
            new PapersShelf(directory.resolve("papers"), papers),
            quarantine,
            judge,
            holders,
            trail,
            clock,
            transfers.lock());
    watch.tidy();
    this.verification = new ImageVerification(folder, judge, known, transfers, holders, alarm);
    folder.sweep(clock.instant());
    meters.gauge("hospes_cache_bytes", this, ImageCache::bytesForMetrics);
    meters.gauge("hospes_cache_quarantined", watch, w -> w.quarantined().size());
    meters.gauge("hospes_cache_sealing", sealing ? 1 : 0);
  }

  /**
   * Brings an image here, verifies it, and keeps it until {@link #release}. Again for the same
   * holder: verifies again.
   *
   * @param abandoned looked at while waiting; true gives up
   * @throws ImageRefusedException when it must not boot; no bytes of it are kept then unless
   *     another guest uses them
   */
  public CachedImage hold(ImageDemand demand, FetchProgress progress, BooleanSupplier abandoned)
      throws ImageRefusedException, CacheException {
    try {
      CachedImage image = holdJudged(demand, progress, abandoned);
      VerifiedImage verified = image.verified();
      trail.record(
          "image.accepted",
          Map.of(
              "workspace", demand.holder().toString(),
              "digest", verified.digest().toString(),
              "manifest", verified.manifestDigest().toString(),
              "form", verified.form().name(),
              "signer", verified.signer().slash(),
              "rule", verified.rule()));
      return image;
    } catch (ImageRefusedException e) {
      Map<String, String> facts = new LinkedHashMap<>();
      facts.put("workspace", demand.holder().toString());
      facts.put("digest", demand.digest().toString());
      facts.put("code", e.code());
      facts.put("reason", e.getMessage());
      e.facts().forEach(facts::putIfAbsent);
      trail.record("image.refused", facts);
      throw e;
    }
  }

  private CachedImage holdJudged(
      ImageDemand demand, FetchProgress progress, BooleanSupplier abandoned)
      throws ImageRefusedException, CacheException {
    Manifest manifest = verification.papers(demand);
    holders.pin(demand.holder(), demand.digest());
    boolean held = false;
    try {
      watch.speaksFor(demand.digest());
      CachedImage image = holdPinned(demand, manifest, progress, abandoned);
      watch.accepted(demand);
      held = true;
      return image;
    } catch (IOException e) {
      throw new CacheException(
          CacheException.Kind.DISK, folder.file(demand.digest()) + ": " + e.getMessage(), e);
    } finally {
      if (!held) {
        release(demand.holder());
      }
    }
  }

  private CachedImage holdPinned(
      ImageDemand demand, Manifest manifest, FetchProgress progress, BooleanSupplier abandoned)
      throws ImageRefusedException, CacheException, IOException {
    for (boolean again = false; ; again = true) {
      Optional<FetchedImage> fetched = transfers.bring(demand, manifest, progress, abandoned);
      FileStamp stamp = null;
      try (HeldFile held = HeldFile.open(folder.file(demand.digest()))) {
        stamp = held.stamp();
        VerifiedImage verified = verification.verify(demand, held, stamp, fetched.isPresent());
        folder.touch(demand.digest(), clock.instant());
        return new CachedImage(
            folder.file(demand.digest()),
            verified,
            fetched.map(FetchedImage::transferredBytes).orElse(0L),
            fetched.map(FetchedImage::duration).orElse(Duration.ZERO));
      } catch (FileSystemLoopException e) {
        throw verification.dropLink(demand.digest());
      } catch (NoSuchFileException e) {
        // Somebody else found it corrupt meanwhile.
        if (again) {
          throw e;
        }
      } catch (ImageRefusedException refused) {
        boolean stale =
            verification.dropIfCorrupt(demand.digest(), stamp, refused) && fetched.isEmpty();
        if (again || !stale) {
          if (fetched.isPresent()) {
            // A refused image leaves no bytes behind, unless they serve somebody else.
            transfers.dropUnlessHeldByOthers(demand.digest(), demand.holder());
          }
          throw refused;
        }
      }
    }
  }

  /** Whether the file that was hashed for this holder is still untouched, as the kernel tells. */
  public boolean unchanged(UUID holder) {
    return verification.unchanged(holder);
  }

  /** What was hashed for this holder counts no more, untouched or not. */
  public void doubt(UUID holder) {
    verification.forget(holder);
  }

  /** Keeps an image for a holder known from the journal, without looking at it. */
  public void adopt(UUID holder, Digest digest) {
    holders.pin(holder, digest);
  }

  /** The same, and what was accepted for it is judged again: agents of before kept no papers. */
  public void adopt(ImageDemand demand) {
    adopt(demand.holder(), demand.digest());
    try {
      watch.accepted(demand);
    } catch (IOException e) {
      LOG.error("image={}: its papers cannot be kept: {}", demand.digest(), e.getMessage());
    }
  }

  /** Lets go of whatever this holder holds. */
  public void release(UUID holder) {
    verification.forget(holder);
    holders.release(holder);
  }

  /** Whether the kernel holds images to their bytes, so that a boot need not hash them again. */
  public boolean sealing() {
    return sealing;
  }

  /**
   * Judges all that is here again when trust changed since the last look, and sees to what stands
   * in quarantine. One thread at a time looks.
   *
   * @param trust changes whenever what is trusted does
   * @throws IOException when the node's disk failed; the next look goes on
   */
  public void look(String trust) throws IOException {
    watch.look(trust);
  }

  /** The images that no papers speak for any more, those still in use included. */
  public List<Digest> quarantined() {
    return watch.quarantined();
  }

  /** The whole images that are here and may be used, in no order. */
  public List<Digest> contents() {
    try {
      return folder.contents().stream().filter(digest -> !watch.apart(digest)).toList();
    } catch (IOException e) {
      LOG.error("the image cache cannot be listed: {}", e.getMessage());
      return List.of();
    }
  }

  @Override
  public void close() {
    transfers.close();
  }

  private double bytesForMetrics() {
    try {
      return folder.bytes() + quarantine.bytes();
    } catch (IOException e) {
      return Double.NaN;
    }
  }
}
