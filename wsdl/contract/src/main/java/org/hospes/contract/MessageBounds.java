package org.hospes.contract;

/**
 * How long messages with an image's papers may be, in bytes. What a repository takes must fit the
 * order by which a service has a node run it, with all that is said of the image in between: else
 * an image would be published, and its deployments accepted, that no node can be told to run.
 */
public final class MessageBounds {
  /** Of papers as they are published: a manifest of 1 MiB in base64, signature, certificates. */
  public static final int PUBLISH = 3 << 19;

  /** Of one endorsement. */
  public static final int ENDORSEMENT = 16 << 10;

  /** So many endorsements are carried. */
  public static final int ENDORSEMENTS = 16;

  /** Of a statement's body, and of its signature; there may be a publication and a sight. */
  public static final int STATEMENT = 16 << 10;

  /** Of what a person gives to a guest at its first boot. */
  public static final int USER_DATA = 64 << 10;

  /** Of the elements of an order beside these, and of the envelope around them. */
  private static final int OTHERS = 128 << 10;

  /** Of a message with an order for a node. */
  public static final int ORDER =
      PUBLISH
          + inBase64(ENDORSEMENTS * ENDORSEMENT)
          + inBase64(2 * 2 * STATEMENT)
          + inBase64(USER_DATA)
          + OTHERS;

  private MessageBounds() {}

  private static int inBase64(int bytes) {
    return (bytes + 2) / 3 * 4;
  }
}
