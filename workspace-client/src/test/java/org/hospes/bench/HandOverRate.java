package org.hospes.bench;

import java.io.BufferedOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import javax.net.ssl.SSLContext;
import org.hospes.contract.GuestFiles;
import org.hospes.image.fetch.RangeSource;
import org.hospes.image.fetch.TlsRangeSource;
import org.hospes.node.endpoint.FileEndpoint;
import org.hospes.node.sandbox.AuditTrail;
import org.hospes.node.sandbox.ExportedFile;
import org.hospes.node.sandbox.FileExports;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.testpki.TestPki;
import org.hospes.wire.bytes.Holes;
import org.hospes.wire.bytes.HolesInput;
import org.hospes.wire.security.ClientLimits;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;
import org.hospes.wire.security.SecureServer;

/**
 * {@code handover.zeros} and {@code handover.bytes}: the rate at which one node takes another's
 * file and hashes it, over mutual TLS on loopback, its empty pages left out; beside it the same
 * with all bytes sent as they are. Two thirds of the one file are zeros, as of a guest's memory;
 * the other has none to leave out. Both ends are in this Java, the files in memory.
 */
final class HandOverRate {
  private static final double MEGA = 1e6;
  private static final int PAGE = 4096;

  private final int rounds;
  private final long bytes;

  HandOverRate(int rounds, long bytes) {
    this.rounds = rounds;
    this.bytes = bytes;
  }

  private record Only(DistinguishedName who, ExportedFile file) implements FileExports {
    @Override
    public boolean admits(DistinguishedName caller) {
      return caller.equals(who);
    }

    @Override
    public Optional<ExportedFile> find(UUID guest, String name, DistinguishedName caller) {
      return Optional.of(file);
    }
  }

  List<Figure> measure(Path folder) throws Exception {
    return List.of(
        measure("handover.zeros", folder.resolve("zeros"), 3),
        measure("handover.bytes", folder.resolve("bytes"), 1));
  }

  private Figure measure(String name, Path folder, int everyPage) throws Exception {
    Files.createDirectories(folder);
    Path file = folder.resolve("file");
    String sha256 = make(file, everyPage);
    TestPki pki = TestPki.create(folder.resolve("pki"));
    Credential node = pki.host("node1.hospes.test");
    Credential peer = pki.host("node2.hospes.test");
    Only export =
        new Only(DistinguishedName.ofSubject(peer.leaf()), new ExportedFile(file, bytes, sha256));
    Rounds measured = new Rounds();
    try (CertificateDirectory paths = pki.validator();
        SecureServer server =
            new FileEndpoint(List.of(export), AuditTrail.NONE)
                .on(SecureServer.at(new InetSocketAddress("127.0.0.1", 0)))
                .credential(() -> node)
                .paths(paths)
                .start();
        SecureClient client = new SecureClient(() -> peer, paths, ClientLimits.defaults())) {
      SSLContext tls =
          client.sslContext(ExpectedServer.dn(DistinguishedName.ofSubject(node.leaf())));
      URI address =
          GuestFiles.atNode(
              URI.create("https://127.0.0.1:" + server.port()),
              UUID.randomUUID().toString(),
              "overlay",
              "sha256:" + sha256);
      Duration patience = Duration.ofSeconds(30);
      RangeSource plain = new TlsRangeSource(tls, patience);
      RangeSource holes =
          new TlsRangeSource(
              tls, patience, new TlsRangeSource.Manipulation(Holes.NAME, HolesInput::new));
      for (int warmUp = 0; warmUp < 3; warmUp++) {
        fetch(plain, address, sha256);
        fetch(holes, address, sha256);
      }
      for (int i = 0; i < rounds; i++) {
        // Who goes first changes, so that neither always has the warmer machine.
        double beside = i % 2 == 0 ? fetch(plain, address, sha256) : 0;
        double ours = fetch(holes, address, sha256);
        beside = i % 2 == 0 ? beside : fetch(plain, address, sha256);
        measured.add(name, bytes / MEGA / ours, bytes / MEGA / beside);
      }
    }
    return Figure.of(name, "MB/s", "all bytes sent, MB/s", measured);
  }

  /** One page of so many is not empty. */
  private String make(Path file, int everyPage) throws Exception {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    Random random = new Random(1);
    byte[] empty = new byte[PAGE];
    byte[] full = new byte[PAGE];
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
      for (long page = 0; page < bytes / PAGE; page++) {
        // Runs of some pages, as memory has them.
        boolean isFull = page / 16 % everyPage == 0;
        if (isFull) {
          random.nextBytes(full);
        }
        byte[] one = isFull ? full : empty;
        sha256.update(one);
        out.write(one);
      }
    }
    return HexFormat.of().formatHex(sha256.digest());
  }

  private double fetch(RangeSource source, URI address, String expected) throws Exception {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    byte[] block = new byte[1 << 18];
    long began = System.nanoTime();
    try (InputStream in = source.open(address, 0, bytes)) {
      for (int read = in.read(block); read >= 0; read = in.read(block)) {
        sha256.update(block, 0, read);
      }
    }
    final double seconds = (System.nanoTime() - began) / 1e9;
    if (!HexFormat.of().formatHex(sha256.digest()).equals(expected)) {
      throw new IllegalStateException("what came is not what was sent");
    }
    return seconds;
  }
}
