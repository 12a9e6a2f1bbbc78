package org.hospes.node.imagecache;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.UUID;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.verify.KnownDigests;
import org.hospes.image.verify.VerifiedImage;

/**
 * Whether an image in the folder may boot: judged for each demand anew, over the very file, with
 * what the node remembers of its digests. Safe for many threads.
 */
final class ImageVerification {
  private final CacheFolder folder;
  private final ImageJudge judge;
  private final KnownDigests known;
  private final ImageTransfers transfers;
  private final Holders holders;
  private final CacheAlarm alarm;
  private final Verifications done = new Verifications();

  ImageVerification(
      CacheFolder folder,
      ImageJudge judge,
      KnownDigests known,
      ImageTransfers transfers,
      Holders holders,
      CacheAlarm alarm) {
    this.folder = folder;
    this.judge = judge;
    this.known = known;
    this.transfers = transfers;
    this.holders = holders;
    this.alarm = alarm;
  }

  /** Judges the papers before any byte is here; they must be of the disk that was ordered. */
  Manifest papers(ImageDemand demand) throws ImageRefusedException {
    Manifest manifest = judge.papers(demand.papers(), demand.virtualOrganisation()).manifest();
    if (!manifest.sha256().equals(demand.digest())) {
      throw new ImageRefusedException(
              "image.digest.mismatch", "the manifest describes another disk than was ordered")
          .fact("expected", demand.digest())
          .fact("found", manifest.sha256())
          .advice("deploy the image by the digest that its manifest names");
    }
    return manifest;
  }

  /**
   * Hashes the file and judges it.
   *
   * @param stamp of the file, taken before
   * @param arrived whether it was fetched for this demand
   */
  VerifiedImage verify(ImageDemand demand, FileStamp stamp, boolean arrived)
      throws ImageRefusedException, IOException {
    Path file = folder.file(demand.digest());
    VerifiedImage verified =
        judge.image(demand.papers(), file, demand.virtualOrganisation(), arrived, known);
    if (!verified.digest().equals(demand.digest())) {
      throw new ImageRefusedException(
              "image.digest.mismatch", "the disk is not the one that was ordered")
          .fact("expected", demand.digest())
          .fact("found", verified.digest());
    }
    if (!stamp.equals(FileStamp.of(file))) {
      throw new ImageRefusedException(
              "image.changed", "the file changed while it was being verified")
          .fact("file", file);
    }
    done.note(demand.holder(), file, stamp);
    return verified;
  }

  /** Whether the file that was hashed for this holder is still untouched, as the kernel tells. */
  boolean unchanged(UUID holder) {
    return done.unchanged(holder);
  }

  void forget(UUID holder) {
    done.forget(holder);
  }

  /**
   * Throws away what is not the image that its name says.
   *
   * @return whether what was judged is not there any more, by somebody else's doing
   * @throws ImageRefusedException when it was thrown away here
   */
  boolean dropIfCorrupt(Digest digest, FileStamp judged, ImageRefusedException refused)
      throws IOException, ImageRefusedException {
    Digest found;
    try {
      found = folder.hash(digest);
    } catch (NoSuchFileException e) {
      return true;
    }
    if (found.equals(digest)) {
      return !transfers.stands(digest, judged);
    }
    if (!transfers.drop(digest, judged)) {
      return true;
    }
    alarm.corrupt(folder.file(digest), digest, found, refused.code(), holders.of(digest));
    // Not mended in silence: whoever asked learns that this node's copy had turned.
    throw new ImageRefusedException(
            "image.digest.mismatch",
            "the node's copy of the image had changed since it was fetched, and was thrown away")
        .fact("expected", digest)
        .fact("found", found)
        .fact("file", folder.file(digest))
        .advice("deploy again: the node then fetches the image anew");
  }
}
