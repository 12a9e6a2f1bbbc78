package org.hospes.node.sandbox;

import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.hospes.image.BootInformation;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.policy.Audience;
import org.hospes.image.verify.VerifiedImage;
import org.hospes.node.imagecache.CacheException;
import org.hospes.node.imagecache.CachedImage;
import org.hospes.node.imagecache.ImageCache;
import org.hospes.node.imagecache.ImageDemand;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HeldBase;
import org.hospes.node.journal.HookName;
import org.hospes.node.journal.JournalEntry;
import org.hospes.node.journal.Staging;
import org.hospes.trust.path.DistinguishedName;

/** Brings the image, verifies it here, and holds it in the cache. */
final class ImageHook implements Hook {
  private final ImageCache cache;
  private final Clock clock;

  ImageHook(ImageCache cache, Clock clock) {
    this.cache = cache;
    this.clock = clock;
  }

  @Override
  public HookName name() {
    return HookName.IMAGE;
  }

  @Override
  public JournalEntry.Done setUp(Work work) throws GuestFailedException {
    GuestOrder order = work.record().order();
    ImageDemand demand =
        new ImageDemand(
            order.id(), order.imageDigest(), order.image(), order.sources(), audience(order));
    try {
      CachedImage image = cache.hold(demand, work.progress(), work.abandoned());
      VerifiedImage verified = image.verified();
      // The transfer ended before hashing began.
      Instant staged = verified.at().minus(verified.hashing());
      return new JournalEntry.Done(
          clock.instant(),
          HookName.IMAGE,
          Optional.of(held(image)),
          // A look at what is here already is no transfer.
          work.record().has(HookName.IMAGE) && image.transferredBytes() == 0
              ? Optional.empty()
              : Optional.of(
                  new Staging(staged, image.transferredBytes(), image.transfer().toMillis())),
          Optional.empty());
    } catch (ImageRefusedException e) {
      throw GuestFailedException.of(e);
    } catch (CacheException e) {
      throw GuestFailedException.of(e);
    }
  }

  /** For whom an order's image is judged. */
  static Audience audience(GuestOrder order) {
    return Audience.caller(new DistinguishedName(order.owner()), order.virtualOrganisation());
  }

  private static HeldBase held(CachedImage image) {
    VerifiedImage verified = image.verified();
    BootInformation boot = verified.boot();
    boolean own = boot.mode() == BootInformation.Mode.OWN_LOADER;
    return new HeldBase(
        image.file(),
        verified.file().device(),
        verified.file().inode(),
        verified.format(),
        verified.diskBytes(),
        verified.virtualBytes(),
        verified.signer().slash(),
        verified.endorsers().stream().map(DistinguishedName::slash).sorted().toList(),
        Optional.of(verified.rule()),
        verified.digest().hex(),
        own ? Optional.empty() : boot.kernel(),
        own ? Optional.empty() : boot.commandLine());
  }

  /**
   * That the base is what was signed, by the same rule as before a boot.
   *
   * @param abandoned true once nobody needs it any more
   */
  void verifyAgain(GuestRecord record, BooleanSupplier abandoned) throws GuestFailedException {
    JournalEntry.Done unused = setUp(new Work(record, (done, total) -> {}, abandoned));
  }

  /** A guest that boots once more has its image hashed once more. */
  void doubt(UUID id) {
    cache.doubt(id);
  }

  /** Keeps the image of a guest known from the journal. */
  void adopt(GuestRecord record) {
    GuestOrder order = record.order();
    if (record.base().isEmpty()) {
      // Its papers were never accepted, as far as is known.
      cache.adopt(order.id(), order.imageDigest());
      return;
    }
    cache.adopt(
        new ImageDemand(
            order.id(), order.imageDigest(), order.image(), order.sources(), audience(order)));
  }

  @Override
  public void tearDown(GuestRecord record) {
    cache.release(record.id());
  }
}
