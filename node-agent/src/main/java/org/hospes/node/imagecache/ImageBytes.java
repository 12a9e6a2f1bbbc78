package org.hospes.node.imagecache;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.fetch.FetchProgress;
import org.hospes.image.fetch.FetchedImage;

/** Brings the bytes of a disk to the node. Safe for many threads. */
@FunctionalInterface
public interface ImageBytes {
  /**
   * Fills the partial file, going on with what stands in it.
   *
   * @throws ImageRefusedException when what came is not what the manifest says
   * @throws IOException when it did not come; the partial file is worth keeping
   */
  FetchedImage fetch(List<URI> sources, Manifest manifest, Path partial, FetchProgress progress)
      throws ImageRefusedException, IOException, InterruptedException;
}
