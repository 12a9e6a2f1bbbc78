package org.hospes.service.persistence;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** Which database this is, and how far it has come. One row. */
@Entity(name = "IdentityRow")
@Table(name = "service_identity")
class IdentityRow {
  static final int ONE = 1;

  @Id int one = ONE;
  String instance;
  long epoch;

  /** For Hibernate. */
  protected IdentityRow() {}

  IdentityRow(String instance) {
    this.instance = instance;
  }
}
