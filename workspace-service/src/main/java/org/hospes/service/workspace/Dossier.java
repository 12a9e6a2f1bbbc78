package org.hospes.service.workspace;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.hospes.image.SignedImage;

/**
 * The papers kept beside a workspace. What is kept never changes; kept apart because only staging
 * and starts read it.
 *
 * @param papers manifest, signature and certificates, as the node will judge them by itself
 * @param sources HTTPS addresses of the disk's bytes
 * @param signedRequest the caller's signed message, byte for byte
 * @param sshKey a public key for the guest
 * @param userData for the guest's first boot
 */
public record Dossier(
    SignedImage papers,
    List<URI> sources,
    byte[] signedRequest,
    Optional<String> sshKey,
    Optional<byte[]> userData) {
  public Dossier {
    sources = List.copyOf(sources);
    signedRequest = signedRequest.clone();
    userData = userData.map(byte[]::clone);
  }

  /** The same with the image's papers as others speak for it now. */
  public Dossier withPapers(SignedImage now) {
    return new Dossier(now, sources, signedRequest, sshKey, userData);
  }

  @Override
  public byte[] signedRequest() {
    return signedRequest.clone();
  }

  @Override
  public Optional<byte[]> userData() {
    return userData.map(byte[]::clone);
  }
}
