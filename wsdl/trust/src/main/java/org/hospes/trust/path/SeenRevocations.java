package org.hospes.trust.path;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.cert.CRLReason;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every revocation that a CRL ever told of. Certificates on hold are left out, because a CA may
 * release them. One line for each: serial number in hexadecimal, time, issuer, parted by tabs.
 */
final class SeenRevocations {
  private static final Logger LOG = LoggerFactory.getLogger(SeenRevocations.class);

  private final Optional<Path> file;
  private final Map<DistinguishedName, Map<BigInteger, Instant>> seen = new HashMap<>();

  private SeenRevocations(Optional<Path> file) {
    this.file = file;
  }

  /**
   * Reads what was remembered.
   *
   * @throws IOException when the file is there and cannot be read: starting without it would trust
   *     again what was revoked
   */
  static SeenRevocations open(Optional<Path> file) throws IOException {
    SeenRevocations memory = new SeenRevocations(file);
    if (file.isPresent() && Files.exists(file.get())) {
      for (String line : Files.readAllLines(file.get())) {
        if (!line.isEmpty()) {
          memory.recall(line);
        }
      }
    }
    return memory;
  }

  /** Remembers what the CRLs revoke; their signatures must have been verified. Repeatable. */
  synchronized void remember(List<X509CRL> crls) {
    StringBuilder fresh = new StringBuilder();
    for (X509CRL crl : crls) {
      DistinguishedName issuer = DistinguishedName.of(crl.getIssuerX500Principal());
      if (crl.getRevokedCertificates() == null) {
        continue;
      }
      for (X509CRLEntry entry : crl.getRevokedCertificates()) {
        Instant at = entry.getRevocationDate().toInstant();
        if (isForGood(entry, crl) && put(issuer, entry.getSerialNumber(), at)) {
          fresh.append(entry.getSerialNumber().toString(16)).append('\t');
          fresh.append(at).append('\t').append(issuer).append('\n');
        }
      }
    }
    if (!fresh.isEmpty()) {
      append(fresh.toString());
    }
  }

  /** When the certificate was revoked, as far as any CRL ever told. */
  synchronized Optional<Instant> revokedAt(X509Certificate certificate) {
    DistinguishedName issuer = DistinguishedName.of(certificate.getIssuerX500Principal());
    return Optional.ofNullable(
        seen.getOrDefault(issuer, Map.of()).get(certificate.getSerialNumber()));
  }

  private boolean put(DistinguishedName issuer, BigInteger serial, Instant at) {
    return seen.computeIfAbsent(issuer, dn -> new HashMap<>()).putIfAbsent(serial, at) == null;
  }

  private static boolean isForGood(X509CRLEntry entry, X509CRL crl) {
    CRLReason reason = entry.getRevocationReason();
    X500Principal indirect = entry.getCertificateIssuer();
    return reason != CRLReason.CERTIFICATE_HOLD
        && reason != CRLReason.REMOVE_FROM_CRL
        && (indirect == null || indirect.equals(crl.getIssuerX500Principal()));
  }

  private void recall(String line) {
    String[] fields = line.split("\t", 3);
    try {
      if (fields.length == 3) {
        put(
            new DistinguishedName(fields[2]),
            new BigInteger(fields[0], 16),
            Instant.parse(fields[1]));
        return;
      }
    } catch (IllegalArgumentException | DateTimeParseException e) {
      // Told below together with lines of another form.
    }
    // The last line may be torn by a crash; its CRL tells of it again.
    LOG.warn("{}: a line that is no revocation was passed over: {}", file.orElseThrow(), line);
  }

  private void append(String lines) {
    if (file.isEmpty()) {
      return;
    }
    try (FileChannel out =
        FileChannel.open(file.get(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      // Begins on a line of its own even after one that a crash tore.
      String apart = out.size() > 0 ? "\n" : "";
      ByteBuffer bytes = ByteBuffer.wrap((apart + lines).getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    } catch (IOException e) {
      LOG.error(
          "{}: revocations seen could not be written and are remembered until restart only: {}",
          file.get(),
          e.toString());
    }
  }
}
