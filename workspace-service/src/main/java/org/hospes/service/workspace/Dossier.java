package org.hospes.service.workspace;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.hospes.image.SignedImage;

/**
 * The papers kept beside a workspace. Never changes; kept apart because only staging reads it.
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

  @Override
  public byte[] signedRequest() {
    return signedRequest.clone();
  }

  @Override
  public Optional<byte[]> userData() {
    return userData.map(byte[]::clone);
  }
}
