package org.hospes.service.sight;

class InMemorySightBookTest implements SightBookContract {
  @Override
  public SightBook book() {
    return new InMemorySightBook();
  }
}
