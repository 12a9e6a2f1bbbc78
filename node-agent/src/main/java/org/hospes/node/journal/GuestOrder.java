package org.hospes.node.journal;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.hospes.image.Digest;
import org.hospes.image.SignedImage;
import org.hospes.node.network.ForwardRequest;

/**
 * What the service ordered, as received. The node judges the image by itself; nothing here but the
 * owner and the VO is taken on the service's word.
 *
 * @param id also the domain's UUID
 * @param owner slash form of the person's DN
 * @param imageDigest SHA-256 of the disk's bytes
 * @param sources HTTPS addresses of the disk's bytes
 * @param scratchBytes 0 for no scratch disk
 * @param request the signed message that asked for it
 */
public record GuestOrder(
    UUID id,
    String name,
    String owner,
    Optional<String> virtualOrganisation,
    Digest imageDigest,
    SignedImage image,
    List<URI> sources,
    int cpus,
    long memoryBytes,
    long scratchBytes,
    List<ForwardRequest> forwards,
    Optional<String> sshKey,
    Optional<byte[]> userData,
    OnCrash onCrash,
    Instant leaseEnds,
    Optional<AskedBy> request) {
  public GuestOrder {
    sources = List.copyOf(sources);
    forwards = List.copyOf(forwards);
  }

  /** An order of a service that does not tell of the message behind it. */
  public GuestOrder(
      UUID id,
      String name,
      String owner,
      Optional<String> virtualOrganisation,
      Digest imageDigest,
      SignedImage image,
      List<URI> sources,
      int cpus,
      long memoryBytes,
      long scratchBytes,
      List<ForwardRequest> forwards,
      Optional<String> sshKey,
      Optional<byte[]> userData,
      OnCrash onCrash,
      Instant leaseEnds) {
    this(
        id,
        name,
        owner,
        virtualOrganisation,
        imageDigest,
        image,
        sources,
        cpus,
        memoryBytes,
        scratchBytes,
        forwards,
        sshKey,
        userData,
        onCrash,
        leaseEnds,
        Optional.empty());
  }

  /** The same order with another end of its lease. */
  public GuestOrder withLeaseEnds(Instant end) {
    return with(image, end, request);
  }

  /** The same order with other papers of its image. */
  public GuestOrder withImage(SignedImage papers) {
    return with(papers, leaseEnds, request);
  }

  /** The same order with another message behind it, or none. */
  public GuestOrder withRequest(Optional<AskedBy> message) {
    return with(image, leaseEnds, message);
  }

  private GuestOrder with(SignedImage papers, Instant end, Optional<AskedBy> message) {
    return new GuestOrder(
        id,
        name,
        owner,
        virtualOrganisation,
        imageDigest,
        papers,
        sources,
        cpus,
        memoryBytes,
        scratchBytes,
        forwards,
        sshKey,
        userData,
        onCrash,
        end,
        message);
  }
}
