package org.hospes.service.app;

import java.security.GeneralSecurityException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.common.SignatureForm;
import org.hospes.contract.common.SignedImage;
import org.hospes.contract.repository.CatalogueResponse;
import org.hospes.contract.repository.Describe;
import org.hospes.contract.repository.DescribeResponse;
import org.hospes.contract.repository.Endorse;
import org.hospes.contract.repository.EndorseResponse;
import org.hospes.contract.repository.Entry;
import org.hospes.contract.repository.ListImages;
import org.hospes.contract.repository.ListImagesResponse;
import org.hospes.contract.repository.Publish;
import org.hospes.contract.repository.PublishResponse;
import org.hospes.contract.repository.RepositoryPort;
import org.hospes.contract.repository.Retire;
import org.hospes.contract.repository.RetireResponse;
import org.hospes.image.Digest;
import org.hospes.image.ImageReference;
import org.hospes.image.Statement;
import org.hospes.image.catalogue.Catalogue;
import org.hospes.image.catalogue.CatalogueEntry;
import org.hospes.image.catalogue.CatalogueFormat;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.image.publication.PublicationStatement;
import org.hospes.image.publication.SignedPapers;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.trust.credential.Credential;
import org.hospes.wire.refusal.RefusalException;

/** A repository that answers for papers it was given, with a catalogue signed for real. */
final class TestRepositoryPort implements RepositoryPort {
  private final Credential host;
  private final List<Item> items = new ArrayList<>();
  private final Instant began = Instant.now().minusSeconds(30).truncatedTo(ChronoUnit.MILLIS);
  private long serial = 1;
  private int descriptions;
  private List<String> warnings = List.of();

  private record Item(CatalogueEntry entry, org.hospes.image.SignedImage papers) {}

  TestRepositoryPort(Credential host) {
    this.host = host;
  }

  synchronized Digest add(String name, String version, org.hospes.image.SignedImage papers) {
    try {
      Digest digest = ManifestFormat.parse(papers.manifest()).sha256();
      items.add(
          new Item(
              new CatalogueEntry(
                  name, version, digest, sha256(papers.manifest()), Optional.empty()),
              papers));
      serial++;
      return digest;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  synchronized void retire(String name) {
    items.replaceAll(
        i ->
            i.entry().name().equals(name)
                ? new Item(
                    new CatalogueEntry(
                        name,
                        i.entry().version(),
                        i.entry().digest(),
                        i.entry().manifestDigest(),
                        Optional.of(Instant.now())),
                    i.papers())
                : i);
    serial++;
  }

  /** As if somebody had endorsed it now. */
  synchronized byte[] endorse(String name, Credential who) throws GeneralSecurityException {
    Item item = items.stream().filter(i -> i.entry().name().equals(name)).findFirst().orElseThrow();
    byte[] endorsement = CmsSignatures.sign(item.papers().manifest(), who);
    items.set(
        items.indexOf(item),
        new Item(item.entry(), item.papers().withEndorsements(List.of(endorsement))));
    serial++;
    return endorsement;
  }

  /** As a repository that has come to countersign does at its start. */
  synchronized Statement countersign(String name) throws GeneralSecurityException {
    Item item = items.stream().filter(i -> i.entry().name().equals(name)).findFirst().orElseThrow();
    Statement statement =
        new PublicationStatement(
                name,
                item.entry().version(),
                item.papers().form(),
                SignedPapers.of(item.papers()),
                Instant.now())
            .sign(host);
    items.set(
        items.indexOf(item),
        new Item(item.entry(), item.papers().withPublication(Optional.of(statement))));
    serial++;
    return statement;
  }

  /** What it says of itself from now on. */
  synchronized void warn(String... these) {
    warnings = List.of(these);
  }

  /** How often an image was described. */
  synchronized int descriptions() {
    return descriptions;
  }

  /** As a repository restored from an older copy would be. */
  synchronized void rollBack() {
    serial = 1;
  }

  @Override
  public synchronized CatalogueResponse catalogue(
      org.hospes.contract.repository.Catalogue request) {
    try {
      // Each list has its serial and its time.
      byte[] json =
          CatalogueFormat.write(
              new Catalogue(
                  serial,
                  began.plusMillis(serial),
                  began.plus(Duration.ofHours(1)),
                  items.stream().map(Item::entry).toList()));
      CatalogueResponse response = new CatalogueResponse();
      response.setCatalogue(json);
      response.setSignature(CmsSignatures.sign(json, host));
      response.getWarning().addAll(warnings);
      return response;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public synchronized DescribeResponse describe(Describe request) {
    descriptions++;
    ImageReference reference = ImageReference.parse(request.getReference());
    Item item =
        items.stream()
            .filter(i -> i.entry().name().equals(reference.name()))
            .filter(i -> reference.digest().map(i.entry().digest()::equals).orElse(true))
            .findFirst()
            .orElseThrow(
                () ->
                    RefusalException.of(
                        FaultCategory.NOT_FOUND, "image.not-found", "no " + reference));
    DescribeResponse response = new DescribeResponse();
    Entry entry = new Entry();
    entry.setName(item.entry().name());
    entry.setVersion(item.entry().version());
    entry.setDigest(item.entry().digest().toString());
    entry.setManifestDigest(item.entry().manifestDigest().toString());
    entry.setSigner("/CN=whoever");
    entry.setPublisher("/CN=whoever");
    entry.setForm(SignatureForm.fromValue(item.papers().form().name()));
    entry.setSizeBytes(1);
    entry.setPublishedAt(Instant.now());
    item.entry().retiredAt().ifPresent(entry::setRetiredAt);
    response.setEntry(entry);
    SignedImage xml = new SignedImage();
    xml.setManifest(item.papers().manifest());
    xml.setForm(SignatureForm.fromValue(item.papers().form().name()));
    xml.setSignature(item.papers().signature());
    try {
      for (X509Certificate certificate : item.papers().chain()) {
        xml.getCertificate().add(certificate.getEncoded());
      }
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException(e);
    }
    xml.getEndorsement().addAll(item.papers().endorsements());
    item.papers()
        .publication()
        .ifPresent(
            said -> {
              var statement = new org.hospes.contract.common.Statement();
              statement.setBody(said.body());
              statement.setSignature(said.signature());
              xml.setPublication(statement);
            });
    response.setImage(xml);
    response.setSource("https://localhost:1/images/sha256/" + item.entry().digest().hex());
    return response;
  }

  @Override
  public PublishResponse publish(Publish request) {
    throw notHere();
  }

  @Override
  public ListImagesResponse listImages(ListImages request) {
    throw notHere();
  }

  @Override
  public RetireResponse retire(Retire request) {
    throw notHere();
  }

  @Override
  public EndorseResponse endorse(Endorse request) {
    throw notHere();
  }

  private static RefusalException notHere() {
    return RefusalException.of(FaultCategory.NOT_ALLOWED, "test", "the service never asks this");
  }

  private static Digest sha256(byte[] bytes) throws java.security.NoSuchAlgorithmException {
    return Digest.sha256(java.security.MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
