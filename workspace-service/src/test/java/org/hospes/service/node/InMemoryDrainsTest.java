package org.hospes.service.node;

class InMemoryDrainsTest implements DrainsContract {
  @Override
  public Drains drains() {
    return new InMemoryDrains();
  }
}
