package org.hospes.service.persistence;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;

/** What a name was seen to mean, and whether it was seen retired. */
@Entity(name = "CatalogueNameRow")
@Table(name = "catalogue_name")
class CatalogueNameRow {
  @Id String label;
  String digest;

  @Column(name = "retired_at")
  Instant retiredAt;

  /** For Hibernate. */
  protected CatalogueNameRow() {}

  CatalogueNameRow(String label, String digest) {
    this.label = label;
    this.digest = digest;
  }
}
