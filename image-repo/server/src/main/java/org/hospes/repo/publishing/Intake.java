package org.hospes.repo.publishing;

import java.io.IOException;
import org.hospes.image.Manifest;
import org.hospes.repo.access.Visitor;
import org.hospes.repo.refusal.RepositoryRefusal;
import org.hospes.repo.store.StoredDisks;
import org.hospes.repo.store.Upload;
import org.hospes.repo.store.Uploads;

/** Bounds what may come in: how large a disk, how many of one publisher, how much of all. */
public final class Intake {
  private final Uploads uploads;
  private final StoredDisks disks;
  private final long largestImage;

  /**
   * @param largestImage bytes
   */
  public Intake(Uploads uploads, StoredDisks disks, long largestImage) {
    this.uploads = uploads;
    this.disks = disks;
    this.largestImage = largestImage;
  }

  /** Expects the disk of a manifest, or finds the upload that does. */
  Upload announce(Visitor visitor, Manifest manifest) {
    if (manifest.diskBytes() > largestImage) {
      throw new RepositoryRefusal(
              RepositoryRefusal.Kind.INVALID, "image.size", "the disk is too large for this site")
          .fact("expected", "at most " + largestImage + " bytes")
          .fact("found", manifest.diskBytes())
          .advice("make the disk smaller, or publish it as qcow2");
    }
    return uploads
        .announce(visitor.dn(), manifest.sha256(), manifest.diskBytes())
        .orElseThrow(
            () ->
                new RepositoryRefusal(
                        RepositoryRefusal.Kind.NO_CAPACITY,
                        "upload.too-many-of-one",
                        "too many half uploads of this publisher are kept already")
                    .fact("dn", visitor.dn())
                    .advice("finish one of them: publish it again"));
  }

  /** Refuses when there is no room for everything that was announced, this one included. */
  void requireRoom(Upload upload) throws IOException {
    long room = disks.room();
    long outstanding = uploads.outstanding();
    if (outstanding > room) {
      uploads.forget(upload);
      throw new RepositoryRefusal(
              RepositoryRefusal.Kind.NO_CAPACITY, "repository.full", "the repository is full")
          .fact("expected", outstanding + " bytes of room, for all announced uploads")
          .fact("found", room)
          .advice("ask the site's operator");
    }
  }
}
