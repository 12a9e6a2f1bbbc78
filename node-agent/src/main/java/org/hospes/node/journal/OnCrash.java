package org.hospes.node.journal;

/** What becomes of a guest whose kernel panics. */
public enum OnCrash {
  /** It is over. */
  END,
  /** It starts again from its own disk, so many times. */
  RESTART
}
