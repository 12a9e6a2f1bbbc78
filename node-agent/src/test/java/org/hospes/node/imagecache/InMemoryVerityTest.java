package org.hospes.node.imagecache;

class InMemoryVerityTest extends FileVerityContract {
  private final InMemoryVerity verity = new InMemoryVerity();

  @Override
  FileVerity verity() {
    return verity;
  }
}
