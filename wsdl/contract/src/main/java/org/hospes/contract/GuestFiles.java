package org.hospes.contract;

import java.net.URI;

/**
 * Files of guests, which are not SOAP: {@code GET} over mutual TLS, with {@code Range}, so that a
 * transfer that broke off goes on. The entity tag and {@code Repr-Digest} are the SHA-256 of the
 * whole file. A refusal has the status of its category and the refusal as its body. A node sends a
 * file without its empty pages to whoever says {@code A-IM: range, hospes-holes} (RFC 3229).
 */
public final class GuestFiles {
  /** At the service, before the workspace's id: its disk as one file, for who may stop it. */
  public static final String DISK = "/disk/";

  /** At a node, before the guest's id. */
  public static final String PATH = "/guests/";

  /** At a node, between the guest's id and the file's name. */
  public static final String FILES = "/files/";

  /**
   * {@code sha256:} and 64 hexadecimal digits. A file that is another one by now is refused instead
   * of sent; may be left out.
   */
  public static final String DIGEST = "digest";

  /** The name of the one disk that was made of the image and what the guest wrote. */
  public static final String FLAT = "flat";

  /**
   * Behind a file's name, at a node: the sums of its blocks of a MiB instead of its bytes, for one
   * who has nearly the same file. Of each block its CRC-32C and its CRC-32, four bytes each,
   * big-endian.
   */
  public static final String SUMS = "/sums";

  /**
   * At a node, before the guest's id: a file of a guest that is about to be handed over, as it
   * stands, for the host that was named. Memory comes as it is written; an answer without a byte
   * says that there is none yet. No digest, no ranges.
   */
  public static final String AHEAD = "/ahead/";

  private GuestFiles() {}

  /**
   * Where a file of a guest is copied before it is handed over.
   *
   * @param agent any address of the node's agent
   * @param name overlay, scratch or memory
   */
  public static URI aheadAtNode(URI agent, String id, String name) {
    return agent.resolve(AHEAD + id + "/" + name);
  }

  /**
   * Where a caller fetches the disk of a workspace.
   *
   * @param service any address of the service
   * @param digest what it must be, {@code sha256:} before it
   */
  public static URI atService(URI service, String id, String digest) {
    return service.resolve(DISK + id + "?" + DIGEST + "=" + digest);
  }

  /**
   * Where a file of a guest is fetched.
   *
   * @param agent any address of the node's agent
   * @param name of the file, slashes in it
   * @param digest what it must be, {@code sha256:} before it
   */
  public static URI atNode(URI agent, String id, String name, String digest) {
    return agent.resolve(PATH + id + FILES + name + "?" + DIGEST + "=" + digest);
  }
}
