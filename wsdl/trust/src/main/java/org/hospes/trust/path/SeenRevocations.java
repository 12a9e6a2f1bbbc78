package org.hospes.trust.path;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
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
import java.util.Optional;
import javax.security.auth.x500.X500Principal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every revocation that a CRL ever told of. Certificates on hold are left out, because a CA may
 * release them. One line for each: serial number in hexadecimal, time, issuer, parted by tabs. What
 * cannot be written counts all the same, is tried again, and is told to whoever asks. Safe for many
 * threads.
 */
final class SeenRevocations {
  private static final Logger LOG = LoggerFactory.getLogger(SeenRevocations.class);

  /** An issuer's name may be long; a line that is longer than this is none of ours. */
  private static final int LONGEST_LINE = 1 << 16;

  private final Optional<Path> file;
  private final RevocationTable seen = new RevocationTable();
  private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();
  private long waitingLines;
  private String trouble;
  private String lastIssuer = "";
  private String lastIssuerCanonical = "";

  /** How much of the file is whole lines of ours; what lies behind came of a write that failed. */
  private long written;

  private SeenRevocations(Optional<Path> file) {
    this.file = file;
  }

  /**
   * Reads what was remembered. A last line that a crash tore is passed over: its CRL tells of it
   * again.
   *
   * @throws IOException when the file is there and cannot be read, or another line of it is
   *     damaged: starting without it would trust again what was revoked
   */
  static SeenRevocations open(Optional<Path> file) throws IOException {
    SeenRevocations memory = new SeenRevocations(file);
    if (file.isPresent() && Files.exists(file.get())) {
      memory.read(file.get());
    }
    return memory;
  }

  /** Remembers what the CRLs revoke; their signatures must have been verified. Repeatable. */
  synchronized void remember(Iterable<X509CRL> crls) {
    for (X509CRL crl : crls) {
      if (crl.getRevokedCertificates() == null) {
        continue;
      }
      String issuer = DistinguishedName.of(crl.getIssuerX500Principal()).slash();
      for (X509CRLEntry entry : crl.getRevokedCertificates()) {
        Instant at = entry.getRevocationDate().toInstant();
        if (isForGood(entry, crl) && seen.put(issuer, entry.getSerialNumber(), at)) {
          await(entry.getSerialNumber().toString(16) + '\t' + at + '\t' + issuer + '\n');
        }
      }
    }
    write();
  }

  /** When the certificate was revoked, as far as any CRL ever told. */
  synchronized Optional<Instant> revokedAt(X509Certificate certificate) {
    String issuer = DistinguishedName.of(certificate.getIssuerX500Principal()).slash();
    return seen.find(issuer, certificate.getSerialNumber());
  }

  /** How many would be forgotten at a restart, because they could not be written so far. */
  synchronized long unwritten() {
    return file.isPresent() ? waitingLines : 0;
  }

  /** Why some could not be written, and what to do about it; empty when all are. */
  synchronized Optional<String> trouble() {
    return Optional.ofNullable(trouble);
  }

  /** Tries once more what could not be written before. */
  synchronized void write() {
    if (file.isEmpty() || waitingLines == 0) {
      return;
    }
    try (FileChannel out =
        FileChannel.open(file.get(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      // Over whatever a write that was cut off left there, which begins as these lines do.
      out.position(Math.min(written, out.size()));
      ByteBuffer bytes = ByteBuffer.wrap(waiting.toByteArray());
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.truncate(out.position());
      out.force(true);
      written = out.size();
      waiting.reset();
      waitingLines = 0;
      trouble = null;
    } catch (IOException e) {
      String before = trouble;
      trouble =
          file.get()
              + ": "
              + waitingLines
              + " revocations seen could not be written and would be forgotten at a restart: "
              + e
              + "; make room for it, or mend its mode";
      if (!trouble.equals(before)) {
        LOG.error(trouble);
      }
    }
  }

  private void await(String line) {
    if (file.isPresent()) {
      waiting.writeBytes(line.getBytes(StandardCharsets.UTF_8));
      waitingLines++;
    }
  }

  private static boolean isForGood(X509CRLEntry entry, X509CRL crl) {
    CRLReason reason = entry.getRevocationReason();
    X500Principal indirect = entry.getCertificateIssuer();
    return reason != CRLReason.CERTIFICATE_HOLD
        && reason != CRLReason.REMOVE_FROM_CRL
        && (indirect == null || indirect.equals(crl.getIssuerX500Principal()));
  }

  private void read(Path from) throws IOException {
    long number = 0;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(from), 1 << 16)) {
      LineReader lines = new LineReader(in);
      for (byte[] line = lines.next(); line != null; line = lines.next()) {
        number++;
        String text = new String(line, StandardCharsets.UTF_8);
        if (line.length > 0 && !recall(text)) {
          if (lines.next() != null) {
            throw new IOException(damaged(from, number, text));
          }
          LOG.warn("{}: the last line was torn, and is passed over: {}", from, shown(text));
        } else if (lines.ended()) {
          written = lines.at();
        } else {
          await(text + '\n');
        }
      }
    }
  }

  private static String damaged(Path from, long number, String line) {
    return from
        + ", line "
        + number
        + ": expected a revocation (serial number in hexadecimal, time, issuer, parted by tabs),"
        + " found '"
        + shown(line)
        + "'. Without it what it revoked may be trusted again: bring the file back from a backup,"
        + " or delete this line if its CA's CRL still lists what it was";
  }

  private static String shown(String line) {
    String printable = line.replaceAll("\\p{Cntrl}", "?");
    return printable.length() > 200 ? printable.substring(0, 200) + "..." : printable;
  }

  /** Whether it was a revocation. */
  private boolean recall(String line) {
    String[] fields = line.split("\t", 3);
    if (fields.length != 3) {
      return false;
    }
    try {
      if (!fields[2].equals(lastIssuer)) {
        lastIssuerCanonical = new DistinguishedName(fields[2]).slash();
        lastIssuer = fields[2];
      }
      seen.put(lastIssuerCanonical, new BigInteger(fields[0], 16), Instant.parse(fields[1]));
      return true;
    } catch (IllegalArgumentException | DateTimeParseException e) {
      return false;
    }
  }

  /** Lines by bytes, so that it is known where in the file each ends. */
  private static final class LineReader {
    private final InputStream in;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private long at;
    private boolean ended;

    LineReader(InputStream in) {
      this.in = in;
    }

    /** Null at the end. */
    byte[] next() throws IOException {
      line.reset();
      ended = false;
      for (int b = in.read(); b >= 0; b = in.read()) {
        at++;
        if (b == '\n') {
          ended = true;
          return line.toByteArray();
        }
        if (line.size() < LONGEST_LINE) {
          line.write(b);
        }
      }
      return line.size() == 0 ? null : line.toByteArray();
    }

    /** Whether the line that was given last has its end. */
    boolean ended() {
      return ended;
    }

    /** Where in the file the line that was given last ends. */
    long at() {
      return at;
    }
  }
}
