package org.hospes.node.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which database of the service this node last heard of, and how far it was. One that is another,
 * or went back, is objected to until an operator deletes the file: guests that it does not know
 * might be somebody's work. Safe for many threads.
 */
public final class ServiceMemory {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceMemory.class);

  private final Path file;
  private final ObjectMapper json = new ObjectMapper();
  private String instance;
  private long epoch;
  private String objection;

  private ServiceMemory(Path file) {
    this.file = file;
  }

  /** Reads what is known; nothing when the file is not there. */
  public static ServiceMemory open(Path file) throws IOException {
    ServiceMemory memory = new ServiceMemory(file);
    if (Files.exists(file)) {
      try {
        JsonNode known = memory.json.readTree(Files.readAllBytes(file));
        memory.instance = known.required("instance").asText();
        memory.epoch = known.required("epoch").asLong();
        memory.objection = known.path("objection").asText(null);
      } catch (IllegalArgumentException e) {
        throw new IOException(file + ": " + e.getMessage(), e);
      }
    }
    return memory;
  }

  /**
   * Takes note of an answer.
   *
   * @return why what this service does not know must not be reaped; empty when all is well
   */
  public synchronized Optional<String> heard(String from, long at) {
    if (objection == null) {
      if (instance != null && !instance.equals(from)) {
        object(
            "the service's database is another one: expected instance "
                + instance
                + ", found "
                + from);
      } else if (at < epoch) {
        object(
            "the service's database came back older: expected epoch "
                + epoch
                + " or later, found "
                + at);
      } else {
        boolean news = instance == null || at > epoch;
        instance = from;
        epoch = at;
        if (news) {
          save();
        }
      }
    }
    return Optional.ofNullable(objection);
  }

  /** The database last heard of; "unknown" before the first answer. */
  public synchronized String instance() {
    return instance == null ? "unknown" : instance;
  }

  /** The standing objection, for warnings. */
  public synchronized Optional<String> objection() {
    return Optional.ofNullable(objection);
  }

  private void object(String what) {
    objection =
        what
            + "; nothing is reaped for it. When it is right, stop the agent, delete "
            + file
            + " and start it";
    LOG.error("THE SERVICE LOST ITS MEMORY: {}", objection);
    save();
  }

  private void save() {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    try {
      byte[] bytes =
          json.writeValueAsBytes(
              json.createObjectNode()
                  .put("instance", instance)
                  .put("epoch", epoch)
                  .put("objection", objection));
      try (FileChannel channel =
          FileChannel.open(
              fresh,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(bytes));
        channel.force(true);
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new JournalDamagedException(file + ": cannot be written: " + e.getMessage(), e);
    }
  }
}
