package org.hospes.image.testimages;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Signature;
import java.util.Optional;
import org.hospes.image.BootInformation;
import org.hospes.image.Manifest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.image.manifest.ManifestMaker;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;

/** Signs images as a builder does, for the tests of every module. */
public final class TestSignatures {
  private TestSignatures() {}

  /** Papers in any form. */
  public static SignedImage sign(
      Path disk, String name, String version, SignatureForm form, Credential builder) {
    return sign(disk, name, version, Optional.empty(), form, builder);
  }

  /** Papers in any form, whose manifest names a virtual organisation. */
  public static SignedImage sign(
      Path disk,
      String name,
      String version,
      Optional<String> vo,
      SignatureForm form,
      Credential builder) {
    try {
      return sign(
          disk,
          ManifestMaker.describe(
              disk,
              name,
              version,
              vo,
              BootInformation.OWN_LOADER,
              DistinguishedName.ofSubject(builder.leaf()).slash()),
          form,
          builder);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Papers with a manifest of one's own making. */
  public static SignedImage sign(
      Path disk, Manifest manifest, SignatureForm form, Credential builder) {
    try (InputStream content = Files.newInputStream(disk)) {
      byte[] bytes = ManifestFormat.write(manifest);
      byte[] signature =
          form == SignatureForm.CMS
              ? CmsSignatures.sign(bytes, builder)
              : classic(content, form, builder);
      return new SignedImage(bytes, form, signature, builder.chain());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** The classic signature over some bytes. */
  public static byte[] classic(byte[] content, SignatureForm form, Credential builder) {
    return classic(new ByteArrayInputStream(content), form, builder);
  }

  private static byte[] classic(InputStream content, SignatureForm form, Credential builder) {
    try {
      Signature signer =
          Signature.getInstance(
              form == SignatureForm.CLASSIC_SHA1 ? "SHA1withRSA" : "SHA256withRSA");
      signer.initSign(builder.key());
      byte[] buffer = new byte[1 << 16];
      for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
        signer.update(buffer, 0, n);
      }
      return signer.sign();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
