package org.hospes.service.persistence;

import org.hospes.image.Digest;
import org.hospes.service.admission.Sha1Pairs;

/** Pairs of digests, in the service's database. */
public final class JpaSha1Pairs implements Sha1Pairs {
  private final Database database;

  public JpaSha1Pairs(Database database) {
    this.database = database;
  }

  @Override
  public synchronized Digest note(Digest sha1, Digest sha256) {
    return database.inTransaction(
        m -> {
          Sha1PairRow row = m.find(Sha1PairRow.class, sha1.hex());
          if (row == null) {
            row = new Sha1PairRow(sha1.hex(), sha256.hex());
            m.persist(row);
          }
          return new Digest(Digest.Algorithm.SHA256, row.sha256);
        });
  }
}
