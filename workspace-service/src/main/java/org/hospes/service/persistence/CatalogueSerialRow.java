package org.hospes.service.persistence;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** The highest serial of a catalogue ever accepted, and what it said. One row. */
@Entity(name = "CatalogueSerialRow")
@Table(name = "catalogue_serial")
class CatalogueSerialRow {
  static final int ONE = 1;

  @Id int one = ONE;
  long serial;
  String content;
}
