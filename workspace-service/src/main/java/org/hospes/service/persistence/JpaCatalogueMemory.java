package org.hospes.service.persistence;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.service.admission.CatalogueMemory;

/** Catalogues seen, in the service's database. */
public final class JpaCatalogueMemory implements CatalogueMemory {
  private final Database database;

  public JpaCatalogueMemory(Database database) {
    this.database = database;
  }

  @Override
  public Optional<Accepted> highest() {
    return database.inTransaction(
        m ->
            Optional.ofNullable(m.find(CatalogueSerialRow.class, CatalogueSerialRow.ONE))
                .map(row -> new Accepted(row.serial, Digest.parse(row.content))));
  }

  @Override
  public Map<String, Meaning> names() {
    return database.inTransaction(
        m -> {
          Map<String, Meaning> names = new LinkedHashMap<>();
          m.createQuery("select n from CatalogueNameRow n", CatalogueNameRow.class)
              .getResultList()
              .forEach(
                  row ->
                      names.put(
                          row.label,
                          new Meaning(
                              Digest.parse(row.digest), Optional.ofNullable(row.retiredAt))));
          return names;
        });
  }

  @Override
  public synchronized void remember(Accepted catalogue, Map<String, Meaning> names) {
    database.inTransaction(
        m -> {
          CatalogueSerialRow highest = m.find(CatalogueSerialRow.class, CatalogueSerialRow.ONE);
          if (highest == null) {
            highest = new CatalogueSerialRow();
            highest.serial = catalogue.serial();
            highest.content = catalogue.content().toString();
            m.persist(highest);
          } else if (catalogue.serial() > highest.serial) {
            highest.serial = catalogue.serial();
            highest.content = catalogue.content().toString();
          }
          names.forEach(
              (label, meaning) -> {
                CatalogueNameRow row = m.find(CatalogueNameRow.class, label);
                if (row == null) {
                  row = new CatalogueNameRow(label, meaning.digest().toString());
                  m.persist(row);
                }
                if (row.retiredAt == null) {
                  row.retiredAt = meaning.retiredAt().orElse(null);
                }
              });
          return null;
        });
  }
}
