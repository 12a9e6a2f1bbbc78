package org.hospes.service.receipt;

class InMemoryReceiptStoreTest implements ReceiptStoreContract {
  @Override
  public ReceiptStore receipts() {
    return new InMemoryReceiptStore();
  }
}
