package org.hospes.service.persistence;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.EntityTransaction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.flywaydb.core.Flyway;
import org.hibernate.jpa.HibernatePersistenceConfiguration;
import org.hospes.trust.path.DistinguishedName;

/**
 * The service's database: brought up to date by Flyway, spoken to through Hibernate. When a unit of
 * work has returned, its commit has reached the operating system (H2) or the disk (PostgreSQL).
 */
public final class Database implements AutoCloseable {
  private static final int CONNECTIONS = 10;

  private final HikariDataSource connections;
  private final EntityManagerFactory entities;
  private final SoleUse soleUse;

  private Database(HikariDataSource connections, EntityManagerFactory entities, SoleUse soleUse) {
    this.connections = connections;
    this.entities = entities;
    this.soleUse = soleUse;
  }

  /**
   * Opens and migrates it; an empty one gets an identity. Waits for as long as another service has
   * the same PostgreSQL: several replicas may be started, and one of them is at work.
   *
   * @param lost runs when another service may have taken it over: this one must end at once
   * @throws RuntimeException when it cannot be reached, is newer than this program, or is in use
   */
  public static Database open(DatabaseSettings settings, Runnable lost) {
    SoleUse soleUse = SoleUse.of(settings, lost);
    try {
      return open(settings, soleUse);
    } catch (RuntimeException e) {
      soleUse.close();
      throw e;
    }
  }

  private static Database open(DatabaseSettings settings, SoleUse soleUse) {
    settings.file().ifPresent(Database::makeFolder);
    HikariConfig pool = new HikariConfig();
    pool.setJdbcUrl(settings.openedUrl());
    pool.setUsername(settings.user());
    pool.setPassword(settings.password());
    pool.setMaximumPoolSize(CONNECTIONS);
    pool.setPoolName("state");
    pool.setAutoCommit(false);
    HikariDataSource connections = new HikariDataSource(pool);
    try {
      Flyway.configure()
          .dataSource(connections)
          .placeholders(Map.of("bytes", settings.embedded() ? "BLOB" : "BYTEA"))
          // Versions come from several hands: one that is lower than another may come after it.
          .outOfOrder(true)
          .load()
          .migrate();
      EntityManagerFactory entities =
          new HibernatePersistenceConfiguration("hospes-service")
              .managedClasses(
                  WorkspaceRow.class,
                  DossierRow.class,
                  IdentityRow.class,
                  CatalogueSerialRow.class,
                  CatalogueNameRow.class,
                  NodeDrainRow.class,
                  Sha1PairRow.class,
                  ImageSightRow.class,
                  ReceiptRows.PapersRow.class,
                  ReceiptRows.NodeKeyRow.class,
                  ReceiptRows.RenewalRow.class,
                  ReceiptRows.SaidRow.class,
                  ReceiptRows.BatchRow.class,
                  ReceiptRows.ReceiptRow.class,
                  AskedRow.class,
                  PlacementRow.class)
              .property("jakarta.persistence.nonJtaDataSource", connections)
              .property("hibernate.jdbc.time_zone", "UTC")
              .property("hibernate.connection.provider_disables_autocommit", true)
              .createEntityManagerFactory();
      Database database = new Database(connections, entities, soleUse);
      database.identify();
      database.respell();
      return database;
    } catch (RuntimeException e) {
      connections.close();
      throw e;
    }
  }

  // What people gave their guests is in there: nobody else is to read it.
  private static void makeFolder(String file) {
    Path folder = Path.of(file).toAbsolutePath().getParent();
    try {
      if (folder != null && !Files.isDirectory(folder)) {
        Files.createDirectories(
            folder,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the database's folder cannot be made: " + folder, e);
    }
  }

  /** Does one unit of work and commits it; an exception undoes it. */
  <T> T inTransaction(Function<EntityManager, T> work) {
    try (EntityManager manager = entities.createEntityManager()) {
      EntityTransaction transaction = manager.getTransaction();
      transaction.begin();
      try {
        T result = work.apply(manager);
        transaction.commit();
        return result;
      } finally {
        if (transaction.isActive()) {
          transaction.rollback();
        }
      }
    }
  }

  /** Whether it answers. */
  public boolean answers() {
    try {
      return inTransaction(m -> m.find(IdentityRow.class, IdentityRow.ONE)) != null;
    } catch (RuntimeException e) {
      return false;
    }
  }

  @Override
  public void close() {
    entities.close();
    connections.close();
    soleUse.close();
  }

  /**
   * Parts of several values once stood in their certificate's order; they are looked for sorted.
   */
  private void respell() {
    inTransaction(
        manager -> {
          for (String dn :
              manager
                  .createQuery(
                      "select distinct w.ownerDn from WorkspaceRow w where w.ownerDn like '%+%'",
                      String.class)
                  .getResultList()) {
            manager
                .createQuery("update WorkspaceRow w set w.ownerDn = :now where w.ownerDn = :dn")
                .setParameter("now", new DistinguishedName(dn).slash())
                .setParameter("dn", dn)
                .executeUpdate();
          }
          return null;
        });
  }

  private void identify() {
    inTransaction(
        manager -> {
          if (manager.find(IdentityRow.class, IdentityRow.ONE) == null) {
            manager.persist(new IdentityRow(UUID.randomUUID().toString()));
          }
          return null;
        });
  }
}
