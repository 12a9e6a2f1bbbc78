package org.hospes.image.fetch;

import java.io.IOException;

/**
 * No source gave the bytes; trying again later may help. What arrived stays in the partial file.
 */
public final class FetchFailedException extends IOException {
  private static final long serialVersionUID = 1L;
  private final long bytesDone;

  public FetchFailedException(String message, long bytesDone, Throwable cause) {
    super(message, cause);
    this.bytesDone = bytesDone;
  }

  /** Bytes of the disk in the partial file. */
  public long bytesDone() {
    return bytesDone;
  }
}
