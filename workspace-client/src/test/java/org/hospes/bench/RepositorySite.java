package org.hospes.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.hospes.client.RepositoryClient;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.testpki.TestPki;
import org.hospes.wire.security.ClientLimits;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;

/** The image repository itself, a process of its own on loopback, with papers for all around it. */
final class RepositorySite implements AutoCloseable {
  private static final int SECTOR = 512;
  private static final int BLOCK = 1 << 20;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(120);

  private final Path folder;
  private final TestPki pki;
  private final Credential host;
  private final Credential builder;
  private final int port;
  private final Process process;

  RepositorySite(Path folder, List<String> options) throws IOException, InterruptedException {
    this.folder = folder;
    this.pki = TestPki.create(Files.createDirectories(folder.resolve("pki")));
    this.host = pki.host("localhost", "localhost", "127.0.0.1");
    this.builder = pki.user("Bob Builder");
    this.port = freePort();
    Path config = configure(freePort());
    this.process =
        OtherJava.command(options, "org.hospes.repo.app.Main", "--config", config.toString())
            .redirectOutput(folder.resolve("image-repo.log").toFile())
            .redirectError(folder.resolve("image-repo.err").toFile())
            .start();
    // Nothing of a benchmark that was broken off stays behind.
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
    awaitListening();
  }

  private Path configure(int opsPort) throws IOException {
    String cert = pki.writeCertificate(host, "host.pem").toString();
    String key = pki.writeKey(host, "host.key").toString();
    Path policy =
        Files.writeString(
            folder.resolve("image-policy.yaml"),
            "forms: [cms, classic-sha256, classic-sha1]\nsigners:\n  - dn: \""
                + DistinguishedName.ofSubject(builder.leaf()).slash()
                + "\"\n    vos: [demo]\n");
    Path access =
        Files.writeString(
            folder.resolve("repo-access.yaml"),
            "publishers: [\""
                + DistinguishedName.ofSubject(builder.leaf()).slash()
                + "\"]\nreaders: [\"*\"]\n");
    return Files.writeString(
        folder.resolve("image-repo.yaml"),
        String.join(
            "\n",
            "listen: 127.0.0.1:" + port,
            "address: https://localhost:" + port,
            "ops-listen: 127.0.0.1:" + opsPort,
            "host-certificate: " + cert,
            "host-key: " + key,
            "ca-directory: " + pki.caDirectory(),
            "store: " + Files.createDirectories(folder.resolve("store")),
            "image-policy: " + policy,
            "access: " + access,
            "audit-log: " + folder.resolve("audit.jsonl"),
            "limits:",
            "  upload-rate: 0",
            ""));
  }

  private void awaitListening() throws IOException, InterruptedException {
    long begin = System.nanoTime();
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress("127.0.0.1", port));
        return;
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() - begin > PATIENCE_NANOS) {
          process.destroy();
          throw new IOException(
              "the repository does not listen: "
                  + Files.readString(folder.resolve("image-repo.err"))
                  + Files.readString(folder.resolve("image-repo.log")),
              e);
        }
        Thread.sleep(100);
      }
    }
  }

  TestPki pki() {
    return pki;
  }

  /** A repository is known to the nodes by its DN. */
  ExpectedServer expected() {
    return ExpectedServer.dn(DistinguishedName.ofSubject(host.leaf()));
  }

  /** A disk of noise in a partition, signed and published by the builder. */
  SignedImage publish(String name, long bytes, SignatureForm form) throws Exception {
    Path disk = writeDisk(folder.resolve(name + ".img"), bytes);
    SignedImage image = TestSignatures.sign(disk, name, "1", Optional.of("demo"), form, builder);
    try (SecureClient bob =
        new SecureClient(() -> builder, pki.validator(), ClientLimits.defaults())) {
      AtomicLong sent = new AtomicLong();
      new RepositoryClient(bob, URI.create("https://localhost:" + port + "/repository"), expected())
          .publish(name, "1", image, disk, sent::set);
    }
    Files.delete(disk);
    return image;
  }

  /** Where the repository serves these bytes. */
  URI source(Digest digest) {
    return URI.create("https://localhost:" + port + "/images/sha256/" + digest.hex());
  }

  /** Processor time that it has used so far. */
  double cpuSeconds() {
    return process.info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
  }

  private static Path writeDisk(Path file, long bytes) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
    Random noise = new Random(1);
    try (OutputStream out = Files.newOutputStream(file)) {
      for (long at = 0; at < bytes; at += BLOCK) {
        noise.nextBytes(block.array());
        if (at == 0) {
          block.put(0, new byte[SECTOR]);
          block.put(446, (byte) 0x80).put(446 + 4, (byte) 0x83);
          block.putInt(446 + 8, 1).putInt(446 + 12, (int) (bytes / SECTOR - 1));
          block.putShort(510, (short) 0xaa55);
        }
        out.write(block.array(), 0, (int) Math.min(BLOCK, bytes - at));
      }
    }
    return file;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }
}
