package org.hospes.image;

import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The papers of an image, as they were made: manifest bytes, signature bytes, certificates.
 *
 * @param manifest the very bytes; parsed with {@code ManifestFormat.parse}, never re-serialised
 * @param signature raw PKCS#1 signature over the disk (classic) or DER CMS over the manifest
 * @param chain the signer's certificate first, then towards the CA
 * @param endorsements DER CMS over the manifest, each by somebody else who vouches for the image
 * @param publication the repository's word that and when it was published
 * @param sight the word of the site's service when it first saw that
 */
public record SignedImage(
    byte[] manifest,
    SignatureForm form,
    byte[] signature,
    List<X509Certificate> chain,
    List<byte[]> endorsements,
    Optional<Statement> publication,
    Optional<Statement> sight) {
  /** More endorsements of one image are not carried. */
  public static final int MOST_ENDORSEMENTS = 16;

  /** An endorsement is no longer than this, in bytes. */
  public static final int LARGEST_ENDORSEMENT = 1 << 14;

  public SignedImage {
    manifest = manifest.clone();
    signature = signature.clone();
    chain = List.copyOf(chain);
    endorsements = endorsements.stream().map(byte[]::clone).toList();
  }

  /** Papers that nobody endorsed yet. */
  public SignedImage(
      byte[] manifest, SignatureForm form, byte[] signature, List<X509Certificate> chain) {
    this(manifest, form, signature, chain, List.of());
  }

  /** Papers of which no part of a site said anything yet. */
  public SignedImage(
      byte[] manifest,
      SignatureForm form,
      byte[] signature,
      List<X509Certificate> chain,
      List<byte[]> endorsements) {
    this(manifest, form, signature, chain, endorsements, Optional.empty(), Optional.empty());
  }

  /** The same papers with these endorsements. */
  public SignedImage withEndorsements(List<byte[]> these) {
    return new SignedImage(manifest, form, signature, chain, these, publication, sight);
  }

  /** The same papers with what a repository says of their publication. */
  public SignedImage withPublication(Optional<Statement> statement) {
    return new SignedImage(manifest, form, signature, chain, endorsements, statement, sight);
  }

  /** The same papers with what a service says of having seen them. */
  public SignedImage withSight(Optional<Statement> statement) {
    return new SignedImage(manifest, form, signature, chain, endorsements, publication, statement);
  }

  /** Whether manifest, signature and chain are the very same, whatever others say of them. */
  public boolean sameSignature(SignedImage other) {
    return Arrays.equals(manifest, other.manifest)
        && form == other.form
        && Arrays.equals(signature, other.signature)
        && chain.equals(other.chain);
  }

  /** Whether others say the very same of both: endorsers, a repository, a service. */
  public boolean sameWords(SignedImage other) {
    return publication.equals(other.publication)
        && sight.equals(other.sight)
        && Arrays.deepEquals(endorsements.toArray(), other.endorsements.toArray());
  }

  @Override
  public byte[] manifest() {
    return manifest.clone();
  }

  @Override
  public byte[] signature() {
    return signature.clone();
  }

  @Override
  public List<byte[]> endorsements() {
    return endorsements.stream().map(byte[]::clone).toList();
  }
}
