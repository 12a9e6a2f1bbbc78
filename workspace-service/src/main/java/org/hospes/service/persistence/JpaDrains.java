package org.hospes.service.persistence;

import java.time.Instant;
import java.util.Map;
import java.util.stream.Collectors;
import org.hospes.service.node.Drains;
import org.hospes.trust.path.DistinguishedName;

/** Drained nodes, in the service's database. */
public final class JpaDrains implements Drains {
  private final Database database;

  public JpaDrains(Database database) {
    this.database = database;
  }

  @Override
  public Map<String, Drain> all() {
    return database.inTransaction(
        m ->
            m
                .createQuery("select d from NodeDrainRow d", NodeDrainRow.class)
                .getResultList()
                .stream()
                .collect(Collectors.toMap(row -> row.node, JpaDrains::drain)));
  }

  @Override
  public synchronized Drain drain(String node, DistinguishedName by, Instant now, boolean migrate) {
    return database.inTransaction(
        m -> {
          NodeDrainRow row = m.find(NodeDrainRow.class, node);
          if (row == null) {
            row = new NodeDrainRow(node, by.slash(), now);
            m.persist(row);
          }
          row.migrate |= migrate;
          return drain(row);
        });
  }

  @Override
  public synchronized void undrain(String node) {
    database.inTransaction(
        m -> {
          NodeDrainRow row = m.find(NodeDrainRow.class, node);
          if (row != null) {
            m.remove(row);
          }
          return null;
        });
  }

  private static Drain drain(NodeDrainRow row) {
    return new Drain(row.node, DistinguishedName.parse(row.by), row.since, row.migrate);
  }
}
