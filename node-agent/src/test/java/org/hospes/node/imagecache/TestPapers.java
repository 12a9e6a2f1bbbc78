package org.hospes.node.imagecache;

import java.io.IOException;
import org.hospes.node.journal.PapersJson;

/** Papers as a real agent writes them. */
public final class TestPapers implements PapersFormat {
  @Override
  public byte[] write(Accepted accepted) {
    return PapersJson.write(accepted.papers(), accepted.audience());
  }

  @Override
  public Accepted read(byte[] bytes) throws IOException {
    return new Accepted(PapersJson.papers(bytes), PapersJson.audience(bytes));
  }
}
