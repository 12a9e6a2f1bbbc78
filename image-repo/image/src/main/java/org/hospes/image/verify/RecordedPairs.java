package org.hospes.image.verify;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;

/** The SHA-256 that belongs to a SHA-1, in {@link DigestRecords}. */
public final class RecordedPairs implements DigestPairs {
  private final DigestRecords records;
  private final Alarm alarm;

  /** Hears of other bytes under a SHA-1 that is known, before they are refused. */
  @FunctionalInterface
  public interface Alarm {
    /**
     * @param record says so of the bytes that were known
     */
    void collision(Path record, Digest sha1, Digest known, Digest found);
  }

  public RecordedPairs(DigestRecords records, Alarm alarm) {
    this.records = records;
    this.alarm = alarm;
  }

  @Override
  public Optional<Digest> sha256Of(Digest sha1) {
    return records.sha256Of(sha1.hex());
  }

  @Override
  public synchronized void remember(Digest sha1, Digest sha256)
      throws ImageRefusedException, IOException {
    Path record = records.file(sha1.hex());
    Optional<Digest> known = sha256Of(sha1);
    if (known.isPresent() && !known.get().equals(sha256)) {
      alarm.collision(record, sha1, known.get(), sha256);
      throw new ImageRefusedException(
              "image.digest.collision", "another disk with the same SHA-1 came here before")
          .fact("sha1", sha1)
          .fact("expected", known.get())
          .fact("found", sha256)
          .fact("record", record)
          .advice(
              "trust neither disk until it is known who made them; sign both over SHA-256 and"
                  + " refuse the one that was forged in the site's image policy");
    }
    if (known.isEmpty()) {
      records.write(sha1.hex(), sha256);
    }
  }
}
