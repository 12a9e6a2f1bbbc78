package org.hospes.node.imagecache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.UUID;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.verify.KnownDigests;
import org.hospes.image.verify.OpenDisk;
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
    Manifest manifest = judge.papers(demand.papers(), demand.audience()).manifest();
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
   * @param held the very file, opened once
   * @param stamp of it, taken before
   * @param arrived whether it was fetched for this demand
   */
  VerifiedImage verify(ImageDemand demand, HeldFile held, FileStamp stamp, boolean arrived)
      throws ImageRefusedException, IOException {
    Path file = folder.file(demand.digest());
    VerifiedImage verified;
    try (OpenDisk open = OpenDisk.held(held.path(), file)) {
      verified = judge.image(demand.papers(), open, demand.audience(), arrived, known);
    }
    if (!verified.digest().equals(demand.digest())) {
      throw new ImageRefusedException(
              "image.digest.mismatch", "the disk is not the one that was ordered")
          .fact("expected", demand.digest())
          .fact("found", verified.digest());
    }
    // The name leads to what was hashed, or nothing of that name boots.
    if (!stamp.equals(held.stamp()) || !stamp.equals(FileStamp.of(file))) {
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
    alarm.corrupt(
        folder.file(digest), digest, found.toString(), refused.code(), holders.of(digest));
    // Not mended in silence: whoever asked learns that this node's copy had turned.
    throw new ImageRefusedException(
            "image.digest.mismatch",
            "the node's copy of the image had changed since it was fetched, and was thrown away")
        .fact("expected", digest)
        .fact("found", found)
        .fact("file", folder.file(digest))
        .advice("deploy again: the node then fetches the image anew");
  }

  /**
   * Throws away a symbolic link that lies where an image was. What it leads to is not looked at.
   *
   * @return why the image does not boot
   */
  ImageRefusedException dropLink(Digest digest) throws IOException {
    Path file = folder.file(digest);
    if (Files.isSymbolicLink(file) && transfers.drop(digest, FileStamp.of(file))) {
      alarm.corrupt(file, digest, "a symbolic link", "image.changed", holders.of(digest));
    }
    return new ImageRefusedException(
            "image.changed",
            "a symbolic link lay where the node's copy of the image was, and was thrown away")
        .fact("file", file)
        .advice("deploy again: the node then fetches the image anew");
  }
}
