package org.hospes.image.fetch;

/** Is told how far a fetch is; called often and from several threads, so it must be quick. */
@FunctionalInterface
public interface FetchProgress {
  FetchProgress SILENT = (done, total) -> {};

  /**
   * @param bytesDone bytes of the disk now in the partial file, those of an earlier attempt
   *     included
   * @param bytesTotal length of the disk
   */
  void advanced(long bytesDone, long bytesTotal);
}
