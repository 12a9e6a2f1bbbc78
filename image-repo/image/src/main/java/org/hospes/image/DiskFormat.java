package org.hospes.image;

/** The formats a node takes. */
public enum DiskFormat {
  RAW,
  /** Self-contained only: no backing file, no external data file. */
  QCOW2
}
