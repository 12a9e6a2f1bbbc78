package org.hospes.service.admission;

class InMemoryCatalogueMemoryTest implements CatalogueMemoryContract {
  @Override
  public CatalogueMemory memory() {
    return new InMemoryCatalogueMemory();
  }
}
