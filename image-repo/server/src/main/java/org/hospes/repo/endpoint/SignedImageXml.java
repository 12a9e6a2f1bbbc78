package org.hospes.repo.endpoint;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.hospes.contract.common.SignatureForm;
import org.hospes.contract.repository.Entry;
import org.hospes.image.SignedImage;
import org.hospes.repo.catalogue.Publication;
import org.hospes.repo.refusal.RepositoryRefusal;

/** Papers and publications between records and stubs. */
final class SignedImageXml {
  private static final int MOST_CERTIFICATES = 8;

  private SignedImageXml() {}

  static SignedImage read(org.hospes.contract.common.SignedImage xml) {
    if (xml == null
        || xml.getManifest() == null
        || xml.getForm() == null
        || xml.getSignature() == null
        || xml.getCertificate().isEmpty()
        || xml.getCertificate().size() > MOST_CERTIFICATES) {
      throw invalid("manifest, form, signature and one to eight certificates are needed");
    }
    List<X509Certificate> chain = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (byte[] der : xml.getCertificate()) {
        chain.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
      }
    } catch (CertificateException e) {
      throw invalid("a certificate cannot be read: " + e.getMessage());
    }
    return new SignedImage(
        xml.getManifest(),
        org.hospes.image.SignatureForm.valueOf(xml.getForm().value()),
        xml.getSignature(),
        chain,
        xml.getEndorsement());
  }

  private static RepositoryRefusal invalid(String why) {
    return new RepositoryRefusal(RepositoryRefusal.Kind.INVALID, "image.papers", why);
  }

  static org.hospes.contract.common.SignedImage write(SignedImage image) {
    org.hospes.contract.common.SignedImage xml = new org.hospes.contract.common.SignedImage();
    xml.setManifest(image.manifest());
    xml.setForm(SignatureForm.fromValue(image.form().name()));
    xml.setSignature(image.signature());
    try {
      for (X509Certificate certificate : image.chain()) {
        xml.getCertificate().add(certificate.getEncoded());
      }
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a stored certificate cannot be written", e);
    }
    xml.getEndorsement().addAll(image.endorsements());
    image
        .publication()
        .ifPresent(
            said -> {
              var statement = new org.hospes.contract.common.Statement();
              statement.setBody(said.body());
              statement.setSignature(said.signature());
              xml.setPublication(statement);
            });
    return xml;
  }

  static Entry write(Publication publication) {
    Entry xml = new Entry();
    xml.setName(publication.name());
    xml.setVersion(publication.version());
    xml.setDigest(publication.digest().toString());
    xml.setManifestDigest(publication.manifestDigest().toString());
    xml.setSigner(publication.signer().slash());
    xml.setPublisher(publication.publisher().slash());
    xml.setForm(SignatureForm.fromValue(publication.form().name()));
    xml.setSizeBytes(publication.sizeBytes());
    xml.setPublishedAt(publication.publishedAt());
    publication.retirement().ifPresent(r -> xml.setRetiredAt(r.at()));
    return xml;
  }
}
