package org.hospes.node.app;

import java.io.IOException;
import org.hospes.node.imagecache.PapersFormat;
import org.hospes.node.journal.PapersJson;

/** Papers are written in the cache as they are in the journal. */
final class JournalledPapers implements PapersFormat {
  @Override
  public byte[] write(Accepted accepted) {
    return PapersJson.write(accepted.papers(), accepted.audience());
  }

  @Override
  public Accepted read(byte[] bytes) throws IOException {
    return new Accepted(PapersJson.papers(bytes), PapersJson.audience(bytes));
  }
}
