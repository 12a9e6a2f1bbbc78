package org.hospes.image;

import java.util.Arrays;

/**
 * Something that a part of a site said of an image, signed.
 *
 * @param body JSON, to be read as these very bytes
 * @param signature detached CMS over them, DER
 */
public record Statement(byte[] body, byte[] signature) {
  /** Neither part is longer than this, in bytes. */
  public static final int LARGEST = 1 << 14;

  /** Keeps copies. */
  public Statement {
    body = body.clone();
    signature = signature.clone();
  }

  @Override
  public byte[] body() {
    return body.clone();
  }

  @Override
  public byte[] signature() {
    return signature.clone();
  }

  /** SHA-256 of its body, by which others name it. */
  public Digest digest() {
    return Digest.sha256Of(body);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Statement statement
        && Arrays.equals(body, statement.body)
        && Arrays.equals(signature, statement.signature);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(body);
  }

  @Override
  public String toString() {
    return "statement " + digest();
  }
}
