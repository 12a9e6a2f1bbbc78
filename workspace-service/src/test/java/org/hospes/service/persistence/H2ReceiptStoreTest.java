package org.hospes.service.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.hospes.service.receipt.ReceiptStore;
import org.hospes.service.receipt.ReceiptStoreContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2ReceiptStoreTest implements ReceiptStoreContract {
  @TempDir Path directory;
  private Database database;

  @BeforeEach
  void open() {
    database =
        Database.open(
            new DatabaseSettings("jdbc:h2:file:" + directory.resolve("state"), "sa", ""), () -> {});
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Override
  public ReceiptStore receipts() {
    return new JpaReceiptStore(database);
  }

  @Test
  void aRenewalOutlivesTheService() {
    ReceiptStore.Renewal renewal = receipts().renew(NODE1, OLIVIA, NOON);
    database.close();
    open();
    assertEquals(renewal, receipts().renewal(NODE1).orElseThrow());
  }
}
