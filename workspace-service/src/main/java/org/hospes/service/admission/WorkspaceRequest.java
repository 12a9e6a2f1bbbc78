package org.hospes.service.admission;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.image.ImageReference;
import org.hospes.service.workspace.Forward;
import org.hospes.service.workspace.OnCrash;
import org.hospes.service.workspace.Resources;

/**
 * What a client asks for, well-formed but not yet decided.
 *
 * @param clientToken names the request; the same one from the same person means the same workspace
 * @param lease how long; the site's default when left out
 * @param dryRun decide and say so, but keep nothing
 */
public record WorkspaceRequest(
    String clientToken,
    ImageReference image,
    Optional<String> name,
    Resources resources,
    Optional<Duration> lease,
    List<Forward> forwards,
    Optional<String> sshKey,
    Optional<byte[]> userData,
    OnCrash onCrash,
    boolean dryRun) {
  public WorkspaceRequest {
    forwards = List.copyOf(forwards);
    userData = userData.map(byte[]::clone);
  }

  @Override
  public Optional<byte[]> userData() {
    return userData.map(byte[]::clone);
  }

  /** SHA-256 over everything asked, each field with its length, so that no two requests meet. */
  public Digest digest() {
    MessageDigest sha = sha256();
    field(sha, image.toString());
    field(sha, name.orElse(""));
    field(sha, resources.toString());
    field(sha, lease.map(Duration::toString).orElse(""));
    forwards.forEach(f -> field(sha, f.hostPort().orElse(0) + ":" + f.guestPort()));
    field(sha, sshKey.orElse(""));
    field(sha, userData.orElse(new byte[0]));
    // Not what is usual: the same request of a client that knows no such choice is the same.
    if (onCrash != OnCrash.END) {
      field(sha, onCrash.name());
    }
    return Digest.sha256(sha.digest());
  }

  private static void field(MessageDigest sha, String text) {
    field(sha, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void field(MessageDigest sha, byte[] bytes) {
    sha.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
    sha.update(bytes);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
