package org.hospes.service.persistence;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** Which SHA-256 a signed SHA-1 stands for. */
@Entity(name = "Sha1PairRow")
@Table(name = "sha1_pair")
class Sha1PairRow {
  @Id String sha1;
  String sha256;

  /** For Hibernate. */
  protected Sha1PairRow() {}

  Sha1PairRow(String sha1, String sha256) {
    this.sha1 = sha1;
    this.sha256 = sha256;
  }
}
