package org.hospes.service.persistence;

import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.hospes.image.Digest;
import org.hospes.image.publication.SightStatement;
import org.hospes.service.sight.SightBook;

/** First sights, in the service's database. */
public final class JpaSightBook implements SightBook {
  private final Database database;

  public JpaSightBook(Database database) {
    this.database = database;
  }

  @Override
  public Optional<SightStatement> find(Digest publication) {
    return database.inTransaction(
        m ->
            Optional.ofNullable(m.find(ImageSightRow.class, publication.hex()))
                .map(ImageSightRow::sight));
  }

  @Override
  public Set<Digest> manifests() {
    return database.inTransaction(
        m ->
            m
                .createQuery("select s.manifest from ImageSightRow s", String.class)
                .getResultList()
                .stream()
                .map(ImageSightRow::sha256)
                .collect(Collectors.toSet()));
  }

  @Override
  public synchronized void remember(SightStatement sight) {
    database.inTransaction(
        m -> {
          if (m.find(ImageSightRow.class, sight.publication().hex()) == null) {
            m.persist(new ImageSightRow(sight));
          }
          return null;
        });
  }
}
