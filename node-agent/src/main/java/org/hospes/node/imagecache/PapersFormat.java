package org.hospes.node.imagecache;

import java.io.IOException;
import org.hospes.image.SignedImage;
import org.hospes.image.policy.Audience;

/** How papers that were accepted are written down, so that an agent that starts again has them. */
public interface PapersFormat {
  /**
   * Papers, and for whom they were accepted.
   *
   * @param audience the first of its virtual organisation
   */
  record Accepted(SignedImage papers, Audience audience) {}

  /** The same papers for the same caller give the same bytes. */
  byte[] write(Accepted accepted);

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IOException when it is something else
   */
  Accepted read(byte[] bytes) throws IOException;
}
