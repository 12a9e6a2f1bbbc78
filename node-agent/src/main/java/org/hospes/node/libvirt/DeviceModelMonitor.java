package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A talk with a QEMU in its own monitor's language (QMP): a line of JSON each way. One may talk at
 * a time; whoever comes meanwhile waits unanswered. Not thread-safe.
 */
final class DeviceModelMonitor implements AutoCloseable {
  private static final int LONGEST_LINE = 1 << 20;

  private final ObjectMapper json = new ObjectMapper();
  private final SocketChannel channel;
  private final Selector readable;
  private final Duration patience;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final ByteBuffer arrived = ByteBuffer.allocate(8192).flip();

  private DeviceModelMonitor(SocketChannel channel, Selector readable, Duration patience) {
    this.channel = channel;
    this.readable = readable;
    this.patience = patience;
  }

  /**
   * Begins a talk.
   *
   * @param patience for each answer
   */
  static DeviceModelMonitor open(Path socket, Duration patience) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
      channel.configureBlocking(false);
      Selector readable = Selector.open();
      channel.register(readable, SelectionKey.OP_READ);
      DeviceModelMonitor monitor = new DeviceModelMonitor(channel, readable, patience);
      JsonNode greeting = monitor.next(System.nanoTime() + patience.toNanos());
      if (!greeting.has("QMP")) {
        throw new IOException("expected a monitor's greeting, found " + greeting);
      }
      monitor.ask("qmp_capabilities", monitor.json.createObjectNode());
      return monitor;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  ObjectNode words() {
    return json.createObjectNode();
  }

  /** The answer to a command; that it was refused is an exception. */
  JsonNode ask(String command, ObjectNode words) throws IOException {
    ObjectNode asked = json.createObjectNode().put("execute", command);
    asked.set("arguments", words);
    ByteBuffer bytes = ByteBuffer.wrap((asked + "\n").getBytes(UTF_8));
    long deadline = System.nanoTime() + patience.toNanos();
    while (bytes.hasRemaining()) {
      // A monitor that does not even read is one that does not answer.
      if (channel.write(bytes) == 0 && System.nanoTime() > deadline) {
        throw new IOException("the monitor takes no command");
      }
    }
    while (true) {
      JsonNode said = next(deadline);
      if (said.has("return")) {
        return said.get("return");
      }
      if (said.has("error")) {
        throw new IOException(command + ": " + said.get("error").path("desc").asText());
      }
      // Anything else is news that nobody asked for.
    }
  }

  private JsonNode next(long deadline) throws IOException {
    while (true) {
      while (arrived.hasRemaining()) {
        byte one = arrived.get();
        if (one == '\n') {
          JsonNode said = json.readTree(line.toByteArray());
          line.reset();
          return said;
        }
        line.write(one);
        if (line.size() > LONGEST_LINE) {
          throw new IOException("the monitor says more than " + LONGEST_LINE + " bytes in a line");
        }
      }
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new IOException(
            "the monitor does not answer within "
                + patience.toSeconds()
                + " s; somebody else may be talking to it");
      }
      readable.selectedKeys().clear();
      readable.select(left);
      arrived.clear();
      int count = channel.read(arrived);
      arrived.flip();
      if (count < 0) {
        throw new IOException("the monitor was closed");
      }
    }
  }

  @Override
  public void close() throws IOException {
    readable.close();
    channel.close();
  }
}
