package org.hospes.image.signing;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.util.Selector;
import org.bouncycastle.util.Store;
import org.hospes.image.ImageRefusedException;
import org.hospes.trust.credential.Credential;

/**
 * Detached CMS SignedData (RFC 5652) with signed attributes, one signer, SHA-256 or better, the
 * certificates inside. Plain {@code openssl cms -verify -binary -purpose any} checks it. Stateless.
 */
public final class CmsSignatures {
  private static final int LARGEST = 1 << 18;
  private static final int MOST_CERTIFICATES = 8;
  private static final Set<ASN1ObjectIdentifier> DIGESTS =
      Set.of(
          NISTObjectIdentifiers.id_sha256,
          NISTObjectIdentifiers.id_sha384,
          NISTObjectIdentifiers.id_sha512);
  private static final Set<ASN1ObjectIdentifier> SIGNATURES =
      Set.of(
          PKCSObjectIdentifiers.rsaEncryption,
          PKCSObjectIdentifiers.sha256WithRSAEncryption,
          PKCSObjectIdentifiers.sha384WithRSAEncryption,
          PKCSObjectIdentifiers.sha512WithRSAEncryption,
          X9ObjectIdentifiers.ecdsa_with_SHA256,
          X9ObjectIdentifiers.ecdsa_with_SHA384,
          X9ObjectIdentifiers.ecdsa_with_SHA512);

  private CmsSignatures() {}

  /**
   * Signs.
   *
   * @return DER
   * @throws GeneralSecurityException when the key cannot sign
   */
  public static byte[] sign(byte[] content, Credential credential) throws GeneralSecurityException {
    try {
      String algorithm =
          credential.key().getAlgorithm().startsWith("EC") ? "SHA256withECDSA" : "SHA256withRSA";
      CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
      generator.addSignerInfoGenerator(
          new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().build())
              .build(
                  new JcaContentSignerBuilder(algorithm).build(credential.key()),
                  credential.leaf()));
      generator.addCertificates(new JcaCertStore(credential.chain()));
      return generator.generate(new CMSProcessableByteArray(content), false).getEncoded("DER");
    } catch (CMSException | OperatorCreationException | IOException e) {
      throw new GeneralSecurityException(
          credential.origin() + ": cannot sign: " + e.getMessage(), e);
    }
  }

  /**
   * Verifies the signature, not the signer.
   *
   * @param cms DER
   * @return the signer's certificate first, then those of the message that lead towards the CA; yet
   *     to be validated
   * @throws ImageRefusedException with {@code image.signature.invalid} or {@code
   *     image.signature.key}
   */
  public static List<X509Certificate> verify(byte[] content, byte[] cms)
      throws ImageRefusedException {
    if (cms.length > LARGEST) {
      throw invalid("expected at most " + LARGEST + " bytes, found " + cms.length, null);
    }
    try {
      CMSSignedData signed = new CMSSignedData(new CMSProcessableByteArray(content), cms);
      if (!signed.isDetachedSignature()) {
        throw invalid("expected a detached signature, found one with its content inside", null);
      }
      Collection<SignerInformation> signers = signed.getSignerInfos().getSigners();
      if (signers.size() != 1) {
        throw invalid("expected one signer, found " + signers.size(), null);
      }
      SignerInformation signer = signers.iterator().next();
      List<X509Certificate> chain = chain(signed.getCertificates(), signer);
      requireStrong(signer, chain.get(0));
      if (!signer.verify(
          new JcaSimpleSignerInfoVerifierBuilder()
              .setProvider(Keys.BOUNCY_CASTLE)
              .build(chain.get(0)))) {
        throw invalid("it is not over these bytes", null)
            .fact("signer", chain.get(0).getSubjectX500Principal());
      }
      return chain;
    } catch (CMSException
        | OperatorCreationException
        | GeneralSecurityException
        | IOException
        | RuntimeException e) {
      throw invalid(String.valueOf(e.getMessage()), e);
    }
  }

  private static void requireStrong(SignerInformation signer, X509Certificate certificate)
      throws ImageRefusedException {
    ASN1ObjectIdentifier digest = signer.getDigestAlgorithmID().getAlgorithm();
    ASN1ObjectIdentifier algorithm = new ASN1ObjectIdentifier(signer.getEncryptionAlgOID());
    if (!DIGESTS.contains(digest) || !SIGNATURES.contains(algorithm)) {
      throw invalid(
          "expected RSA PKCS#1 or ECDSA over SHA-256 or better, found "
              + algorithm
              + " over "
              + digest,
          null);
    }
    if (signer.getSignedAttributes() == null) {
      // Without them the signature is a plain one over the content, and content could be a disk.
      throw invalid("expected signed attributes, found none", null);
    }
    if (!signer.getContentType().equals(PKCSObjectIdentifiers.data)) {
      throw invalid("expected content of type data, found " + signer.getContentType(), null);
    }
    if (!Keys.strong(certificate.getPublicKey())) {
      throw new ImageRefusedException(
              "image.signature.key", "expected RSA of 2048 bits or EC of 256 bits at least")
          .fact("signer", certificate.getSubjectX500Principal())
          .fact("found", Keys.describe(certificate.getPublicKey()));
    }
  }

  private static List<X509Certificate> chain(
      Store<X509CertificateHolder> certificates, SignerInformation signer)
      throws GeneralSecurityException, IOException, ImageRefusedException {
    if (certificates.getMatches(null).size() > MOST_CERTIFICATES) {
      throw invalid("expected at most " + MOST_CERTIFICATES + " certificates", null);
    }
    @SuppressWarnings("unchecked") // SignerId selects certificates by issuer and serial
    Selector<X509CertificateHolder> sid = signer.getSID();
    Collection<X509CertificateHolder> leaves = certificates.getMatches(sid);
    if (leaves.size() != 1) {
      throw invalid("expected the signer's certificate inside, found " + leaves.size(), null);
    }
    List<X509CertificateHolder> rest = new ArrayList<>(certificates.getMatches(null));
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<X509Certificate> chain = new ArrayList<>();
    X509CertificateHolder next = leaves.iterator().next();
    while (next != null) {
      rest.remove(next);
      chain.add(
          (X509Certificate)
              factory.generateCertificate(new ByteArrayInputStream(next.getEncoded())));
      X509CertificateHolder last = next;
      next =
          rest.stream()
              .filter(c -> c.getSubject().equals(last.getIssuer()))
              .findFirst()
              .orElse(null);
    }
    return chain;
  }

  private static ImageRefusedException invalid(String why, Exception cause) {
    return new ImageRefusedException(
            "image.signature.invalid", "the CMS signature is not good: " + why, cause)
        .advice("sign the image again with 'workspace image sign'");
  }
}
