package org.hospes.service.persistence;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.service.workspace.Dossier;
import org.hospes.service.workspace.WorkspaceId;

/** A dossier as a row; certificates are DER, one after the other. */
@Entity(name = "DossierRow")
@Table(name = "dossier")
class DossierRow {
  @Id
  @Column(name = "workspace_id")
  String workspaceId;

  byte[] manifest;
  String form;
  byte[] signature;
  byte[] certificates;
  String endorsements;
  byte[] publication;

  @Column(name = "publication_signature")
  byte[] publicationSignature;

  String sources;

  @Column(name = "signed_request")
  byte[] signedRequest;

  @Column(name = "ssh_key")
  String sshKey;

  @Column(name = "user_data")
  byte[] userData;

  /** For Hibernate. */
  protected DossierRow() {}

  DossierRow(WorkspaceId id, Dossier dossier) {
    workspaceId = id.toString();
    manifest = dossier.papers().manifest();
    form = dossier.papers().form().name();
    signature = dossier.papers().signature();
    certificates = der(dossier.papers().chain());
    endorsements =
        dossier.papers().endorsements().stream()
            .map(Base64.getEncoder()::encodeToString)
            .collect(Collectors.joining("\n"));
    dossier
        .papers()
        .publication()
        .ifPresent(
            statement -> {
              publication = statement.body();
              publicationSignature = statement.signature();
            });
    sources = dossier.sources().stream().map(URI::toString).collect(Collectors.joining("\n"));
    signedRequest = dossier.signedRequest();
    sshKey = dossier.sshKey().orElse(null);
    userData = dossier.userData().orElse(null);
  }

  Dossier dossier() {
    return new Dossier(
        new SignedImage(
                manifest,
                SignatureForm.valueOf(form),
                signature,
                chain(certificates),
                endorsements.lines().map(Base64.getDecoder()::decode).toList())
            .withPublication(
                Optional.ofNullable(publication)
                    .map(body -> new Statement(body, publicationSignature))),
        sources.lines().map(URI::create).toList(),
        signedRequest,
        Optional.ofNullable(sshKey),
        Optional.ofNullable(userData));
  }

  private static byte[] der(List<X509Certificate> chain) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      for (X509Certificate certificate : chain) {
        bytes.writeBytes(certificate.getEncoded());
      }
    } catch (CertificateException e) {
      throw new IllegalArgumentException("a certificate that cannot be written", e);
    }
    return bytes.toByteArray();
  }

  private static List<X509Certificate> chain(byte[] der) {
    try {
      return CertificateFactory.getInstance("X.509")
          .generateCertificates(new ByteArrayInputStream(der))
          .stream()
          .map(X509Certificate.class::cast)
          .toList();
    } catch (CertificateException e) {
      throw new IllegalStateException("the database holds certificates that nobody can read", e);
    }
  }
}
