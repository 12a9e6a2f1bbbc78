package org.hospes.image.catalogue;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.PathValidator;
import org.hospes.trust.path.ProxyRule;
import org.hospes.trust.path.UntrustedPathException;
import org.hospes.trust.path.ValidatedPath;

/**
 * A catalogue with the repository's signature over its very bytes.
 *
 * @param catalogue JSON as {@link CatalogueFormat} reads it
 * @param signature detached CMS, DER
 */
public record SignedCatalogue(byte[] catalogue, byte[] signature) {
  public SignedCatalogue {
    catalogue = catalogue.clone();
    signature = signature.clone();
  }

  @Override
  public byte[] catalogue() {
    return catalogue.clone();
  }

  @Override
  public byte[] signature() {
    return signature.clone();
  }

  /**
   * Checks signature, signer and age. That the serial did not fall and that no name changed its
   * meaning is for whoever remembers earlier ones.
   *
   * @param repository whose signature is expected
   * @throws ImageRefusedException with {@code catalogue.signature.invalid}, {@code
   *     catalogue.signer.untrusted}, {@code catalogue.stale} or {@code catalogue.invalid}
   */
  public Catalogue verify(PathValidator paths, DistinguishedName repository, Instant now)
      throws ImageRefusedException {
    List<X509Certificate> chain;
    try {
      chain = CmsSignatures.verify(catalogue, signature);
    } catch (ImageRefusedException e) {
      throw new ImageRefusedException("catalogue.signature.invalid", e.getMessage(), e)
          .advice("somebody altered the catalogue, or it is not the repository's");
    }
    ValidatedPath path;
    try {
      path = paths.validate(chain);
    } catch (UntrustedPathException e) {
      throw new ImageRefusedException("catalogue.signer.untrusted", e.getMessage(), e)
          .fact("signer", e.subject())
          .fact("problem", e.code());
    }
    if (!path.endEntity().equals(repository)
        || !ProxyRule.allows(path.proxy(), ProxyRule.Use.SIGN)) {
      throw new ImageRefusedException(
              "catalogue.signer.untrusted", "the catalogue is not signed by the repository")
          .fact("expected", repository)
          .fact("found", path.endEntity());
    }
    Catalogue read = CatalogueFormat.parse(catalogue);
    if (read.validUntil().isBefore(now)) {
      throw new ImageRefusedException("catalogue.stale", "the catalogue is out of date")
          .fact("validUntil", read.validUntil())
          .fact("now", now)
          .fact("serial", read.serial())
          .advice("check the clocks of both machines; somebody may be withholding newer ones");
    }
    return read;
  }
}
