package org.hospes.node.journal;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.hospes.image.DiskFormat;

/**
 * The base image that a guest holds, with what the verification found out about it.
 *
 * @param device of the file that was hashed, as {@code stat} tells it
 * @param inode of that file
 * @param virtualBytes length of the disk that the guest sees
 * @param signer slash form of the DN whose signature counted
 * @param endorsers slash form of the others who signed for it and counted
 * @param rule which line of the policy allowed it; empty of an agent that did not note it
 * @param sha256 hexadecimal, of the file's bytes
 * @param kernel name of the site's kernel that the signed manifest asks for; empty: its own loader
 * @param commandLine for that kernel
 */
public record HeldBase(
    Path file,
    long device,
    long inode,
    DiskFormat format,
    long fileBytes,
    long virtualBytes,
    String signer,
    List<String> endorsers,
    Optional<String> rule,
    String sha256,
    Optional<String> kernel,
    Optional<String> commandLine) {
  /** Keeps a copy. */
  public HeldBase {
    endorsers = List.copyOf(endorsers);
  }
}
