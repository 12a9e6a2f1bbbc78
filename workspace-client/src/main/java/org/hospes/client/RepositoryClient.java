package org.hospes.client;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import javax.xml.namespace.QName;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.common.SignatureForm;
import org.hospes.contract.repository.Describe;
import org.hospes.contract.repository.DescribeResponse;
import org.hospes.contract.repository.Endorse;
import org.hospes.contract.repository.Entry;
import org.hospes.contract.repository.ListImages;
import org.hospes.contract.repository.ListImagesResponse;
import org.hospes.contract.repository.Publish;
import org.hospes.contract.repository.PublishResponse;
import org.hospes.contract.repository.Refused;
import org.hospes.contract.repository.RepositoryPort;
import org.hospes.contract.repository.Retire;
import org.hospes.image.SignedImage;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;

/** A site's image repository: papers over SOAP, bytes over HTTPS. Safe for use by many threads. */
public final class RepositoryClient {
  private static final QName SERVICE =
      new QName("urn:hospes:repository:1:wsdl", "RepositoryService");
  private static final int TRIES = 3;

  private final RepositoryPort port;
  private final Uploads uploads;

  /**
   * @param address of the port, {@code https://host:9444/repository}
   */
  public RepositoryClient(SecureClient client, URI address, ExpectedServer expected) {
    this.port =
        client.signed(RepositoryPort.class, SERVICE, "wsdl/repository.wsdl", address, expected);
    this.uploads = new Uploads(client.sslContext(expected));
  }

  /** An image with its papers. */
  public record Described(ImageView entry, SignedImage image, URI source) {}

  /**
   * Publishes: announces the papers, sends what is missing of the bytes, and asks again. A broken
   * upload goes on where it stopped.
   *
   * @param progress hears how many bytes the repository has
   */
  public ImageView publish(
      String name, String version, SignedImage image, Path disk, LongConsumer progress)
      throws Refused, IOException, InterruptedException {
    Publish request = new Publish();
    request.setName(name);
    request.setVersion(version);
    request.setImage(toXml(image));
    long size = Files.size(disk);
    IOException broken = null;
    int breaks = 0;
    while (breaks < TRIES) {
      PublishResponse answer = port.publish(request);
      if (answer.getEntry() != null) {
        return view(answer.getEntry());
      }
      long received = answer.getReceived() == null ? 0 : answer.getReceived();
      if (received >= size) {
        // All of it is there and still being verified: asking again waits for that.
        progress.accept(size);
        continue;
      }
      try {
        uploads.send(URI.create(answer.getUpload()), disk, received, progress);
      } catch (IOException e) {
        broken = e;
        breaks++;
      }
    }
    throw RefusalException.of(
            FaultCategory.SITE,
            "publish.upload.broken",
            "the upload of " + disk.getFileName() + " broke off " + TRIES + " times")
        .advice("Publish again: it goes on where it stopped.")
        .causedBy(broken);
  }

  /** Describes an image and hands out its papers. */
  public Described describe(String reference) throws Refused {
    Describe request = new Describe();
    request.setReference(reference);
    DescribeResponse answer = port.describe(request);
    return new Described(
        view(answer.getEntry()), fromXml(answer.getImage()), URI.create(answer.getSource()));
  }

  /** Every image of a name, or of all; pages are joined. */
  public List<ImageView> list(Optional<String> name, boolean retired) throws Refused {
    List<ImageView> all = new ArrayList<>();
    Optional<String> next = Optional.empty();
    do {
      ListImages request = new ListImages();
      name.ifPresent(request::setName);
      request.setRetired(retired);
      request.setPageSize(100);
      next.ifPresent(request::setPageToken);
      ListImagesResponse answer = port.listImages(request);
      answer.getEntry().forEach(e -> all.add(view(e)));
      next = Optional.ofNullable(answer.getNextPageToken());
    } while (next.isPresent());
    return all;
  }

  /** Retires a version: no new deployment; running ones go on. */
  public ImageView retire(String name, String version, Optional<String> why) throws Refused {
    Retire request = new Retire();
    request.setName(name);
    request.setVersion(version);
    why.ifPresent(request::setWhy);
    return view(port.retire(request).getEntry());
  }

  /** Keeps an endorsement beside a published version. */
  public ImageView endorse(String name, String version, byte[] endorsement) throws Refused {
    Endorse request = new Endorse();
    request.setName(name);
    request.setVersion(version);
    request.setEndorsement(endorsement);
    return view(port.endorse(request).getEntry());
  }

  private static ImageView view(Entry e) {
    return new ImageView(
        e.getName(),
        e.getVersion(),
        e.getDigest(),
        e.getManifestDigest(),
        e.getSigner(),
        e.getPublisher(),
        e.getForm().value(),
        e.getSizeBytes(),
        e.getPublishedAt(),
        e.getRetiredAt());
  }

  private static org.hospes.contract.common.SignedImage toXml(SignedImage image) {
    var xml = new org.hospes.contract.common.SignedImage();
    xml.setManifest(image.manifest());
    xml.setForm(SignatureForm.fromValue(image.form().name()));
    xml.setSignature(image.signature());
    try {
      for (X509Certificate certificate : image.chain()) {
        xml.getCertificate().add(certificate.getEncoded());
      }
    } catch (CertificateEncodingException e) {
      throw new IllegalArgumentException("a certificate of the chain cannot be encoded", e);
    }
    xml.getEndorsement().addAll(image.endorsements());
    return xml;
  }

  private static SignedImage fromXml(org.hospes.contract.common.SignedImage xml) {
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      List<X509Certificate> chain = new ArrayList<>();
      for (byte[] der : xml.getCertificate()) {
        chain.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
      }
      return new SignedImage(
          xml.getManifest(),
          org.hospes.image.SignatureForm.valueOf(xml.getForm().value()),
          xml.getSignature(),
          chain,
          xml.getEndorsement());
    } catch (CertificateException e) {
      throw RefusalException.of(
              FaultCategory.SITE,
              "repository.certificate",
              "the repository answered with a certificate that is none: " + e.getMessage())
          .causedBy(e);
    }
  }
}
