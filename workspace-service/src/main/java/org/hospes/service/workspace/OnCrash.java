package org.hospes.service.workspace;

/** What becomes of a guest whose kernel panics. */
public enum OnCrash {
  /** Its workspace fails. */
  END,
  /** Its node starts it again from its own disk, so many times. */
  RESTART
}
