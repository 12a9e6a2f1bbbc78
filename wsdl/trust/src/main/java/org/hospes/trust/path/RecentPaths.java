package org.hospes.trust.path;

import java.security.MessageDigest;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Chains that were found good a moment ago. It belongs to one snapshot, so that a change of anchors
 * or CRLs forgets everything; an entry ends with its chain and with the first CRL to end. Refusals
 * are not kept.
 */
final class RecentPaths {
  private static final int MOST = 512;
  private static final Duration LONGEST = Duration.ofSeconds(60);

  /** SHA-256 over the certificates of a chain. */
  record Key(String digest) {}

  private record Entry(ValidatedPath path, Instant end) {}

  private final Instant freshUntil;
  private final Map<Key, Entry> entries = new LinkedHashMap<>(64, 0.75f, true);

  RecentPaths(Instant freshUntil) {
    this.freshUntil = freshUntil;
  }

  static Key key(List<X509Certificate> chain) throws UntrustedPathException {
    MessageDigest digest = DirectoryContent.sha256();
    for (X509Certificate certificate : chain) {
      try {
        digest.update(certificate.getEncoded());
      } catch (CertificateEncodingException e) {
        throw new UntrustedPathException(
            "no certificate",
            List.of(new PathProblem(PathProblems.OTHER, -1, "a certificate cannot be encoded")));
      }
    }
    return new Key(HexFormat.of().formatHex(digest.digest()));
  }

  synchronized ValidatedPath find(Key key, Instant now) {
    Entry entry = entries.get(key);
    if (entry == null) {
      return null;
    }
    if (now.isBefore(entry.end)) {
      return entry.path;
    }
    entries.remove(key);
    return null;
  }

  synchronized void remember(Key key, ValidatedPath path, Instant now) {
    Instant end = now.plus(LONGEST);
    end = end.isBefore(path.notAfter()) ? end : path.notAfter();
    end = end.isBefore(freshUntil) ? end : freshUntil;
    if (!end.isAfter(now)) {
      return;
    }
    if (entries.size() >= MOST) {
      entries.remove(entries.keySet().iterator().next());
    }
    entries.put(key, new Entry(path, end));
  }
}
