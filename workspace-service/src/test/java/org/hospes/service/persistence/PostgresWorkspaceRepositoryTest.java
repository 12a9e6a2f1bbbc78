package org.hospes.service.persistence;

import org.hospes.service.admission.CatalogueMemory;
import org.hospes.service.admission.CatalogueMemoryContract;
import org.hospes.service.receipt.ReceiptStore;
import org.hospes.service.receipt.ReceiptStoreContract;
import org.hospes.service.sight.SightBook;
import org.hospes.service.sight.SightBookContract;
import org.hospes.service.workspace.WorkspaceRepository;
import org.hospes.service.workspace.WorkspaceRepositoryContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** The contracts of all stores on a real PostgreSQL. */
class PostgresWorkspaceRepositoryTest
    implements WorkspaceRepositoryContract,
        CatalogueMemoryContract,
        SightBookContract,
        ReceiptStoreContract {
  private static PostgresForTests postgres;
  private Database database;

  @BeforeAll
  static void startPostgres() {
    postgres = PostgresForTests.start();
  }

  @AfterAll
  static void stopPostgres() {
    postgres.close();
  }

  @BeforeEach
  void open() {
    database = Database.open(postgres.emptySchema(), () -> {});
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Override
  public WorkspaceRepository repository() {
    return new JpaWorkspaceRepository(database);
  }

  @Override
  public CatalogueMemory memory() {
    return new JpaCatalogueMemory(database);
  }

  @Override
  public SightBook book() {
    return new JpaSightBook(database);
  }

  @Override
  public ReceiptStore receipts() {
    return new JpaReceiptStore(database);
  }
}
