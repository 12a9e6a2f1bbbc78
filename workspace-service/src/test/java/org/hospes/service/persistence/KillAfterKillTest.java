package org.hospes.service.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The version of H2 that we ship, opened as we open it, killed again and again in the middle of
 * several writers' work. Versions of H2 differ in this: one that came after this one lost commits
 * that it had acknowledged, and at times the whole file.
 */
class KillAfterKillTest {
  private static final int ROUNDS = 30;
  private static final int WRITERS = 3;
  private static final int WRONG = 3;
  private static final long SEED = 20061120;
  @TempDir Path directory;

  @Test
  @Timeout(300)
  void whatWasAcknowledgedIsThereAfterEachKill() throws Exception {
    Path acknowledged = Files.createFile(directory.resolve("acknowledged"));
    Random random = new Random(SEED);
    for (int round = 0; round < ROUNDS; round++) {
      Path output = directory.resolve("output-" + round);
      Process writer = writer(acknowledged, output);
      try {
        long enough = Files.size(acknowledged) + 41L * (20 + random.nextInt(200));
        while (writer.isAlive() && Files.size(acknowledged) < enough) {
          TimeUnit.MILLISECONDS.sleep(1);
        }
        assertTrue(writer.isAlive(), "round " + round + ": " + Files.readString(output));
      } finally {
        writer.destroyForcibly().waitFor();
      }
    }
    assertEquals(List.of(), Writers.missing(url(), acknowledged));
  }

  private Process writer(Path acknowledged, Path output) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Writers.class.getName(),
            url(),
            acknowledged.toString())
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
  }

  private String url() {
    return new DatabaseSettings("jdbc:h2:file:" + directory.resolve("state"), "sa", "").openedUrl();
  }

  /** Checks what was acknowledged before, then commits and acknowledges until it is killed. */
  static final class Writers {
    private Writers() {}

    public static void main(String[] args) throws Exception {
      Path acknowledged = Path.of(args[1]);
      List<String> missing = missing(args[0], acknowledged);
      if (!missing.isEmpty()) {
        System.out.println(missing);
        System.exit(WRONG);
      }
      for (int i = 0; i < WRITERS; i++) {
        new Thread(() -> write(args[0], acknowledged)).start();
      }
    }

    /** Acknowledged rows that are not there, or older than what was acknowledged. */
    static List<String> missing(String url, Path acknowledged) throws Exception {
      Map<String, Integer> there = new HashMap<>();
      try (Connection connection = DriverManager.getConnection(url, "sa", "");
          Statement statement = connection.createStatement()) {
        statement.execute(
            "create table if not exists w (id varchar(36) primary key, version int, told blob)");
        statement.execute("create table if not exists e (id int primary key, epoch bigint)");
        statement.execute("merge into e key (id) values (1, 0)");
        try (ResultSet rows = statement.executeQuery("select id, version, told from w")) {
          while (rows.next()) {
            rows.getBytes(3);
            there.put(rows.getString(1), rows.getInt(2));
          }
        }
      }
      List<String> missing = new ArrayList<>();
      for (String line : Files.readAllLines(acknowledged)) {
        String[] words = line.split(" ");
        if (there.getOrDefault(words[0], -1) < Integer.parseInt(words[1])) {
          missing.add(line + ", found " + there.get(words[0]));
        }
      }
      return missing;
    }

    private static void write(String url, Path acknowledged) {
      Random random = new Random();
      try (Connection connection = DriverManager.getConnection(url, "sa", "");
          FileChannel told = FileChannel.open(acknowledged, StandardOpenOption.APPEND);
          PreparedStatement add =
              connection.prepareStatement("insert into w (version, told, id) values (?, ?, ?)");
          PreparedStatement change =
              connection.prepareStatement("update w set version = ?, told = ? where id = ?");
          PreparedStatement grow =
              connection.prepareStatement("update e set epoch = epoch + 1 where id = 1")) {
        connection.setAutoCommit(false);
        while (true) {
          String id = UUID.randomUUID().toString();
          for (int version = 100; version < 106; version++) {
            PreparedStatement row = version == 100 ? add : change;
            row.setInt(1, version);
            row.setBytes(2, new byte[200 + random.nextInt(9000)]);
            row.setString(3, id);
            row.executeUpdate();
            grow.executeUpdate();
            connection.commit();
            String line = id + " " + version + "\n";
            told.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII)));
          }
          TimeUnit.MILLISECONDS.sleep(random.nextInt(20));
        }
      } catch (SQLException | IOException | InterruptedException e) {
        e.printStackTrace();
        System.exit(WRONG);
      }
    }
  }
}
