package org.hospes.repo.catalogue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.image.json.StrictObject;
import org.hospes.repo.store.DurableFiles;
import org.hospes.trust.path.DistinguishedName;

/**
 * One folder for each publication, {@code names/NAME/VERSION}, with the papers as they came: {@code
 * manifest.json}, {@code signature}, {@code certificates.pem}, beside {@code entry.json} and, once
 * retired, {@code retired.json}; endorsements stand in {@code endorsements}, and the repository's
 * own word of when it was published in {@code publication.json} and {@code publication.cms}. A
 * folder is made elsewhere and renamed, so that it is there whole or not at all, and a second one
 * of the same name cannot take its place.
 */
final class PublicationFiles {
  private static final String MANIFEST = "manifest.json";
  private static final String SIGNATURE = "signature";
  private static final String CERTIFICATES = "certificates.pem";
  private static final String ENTRY = "entry.json";
  private static final String RETIRED = "retired.json";
  private static final String PUBLICATION = "publication.json";
  private static final String COUNTERSIGNATURE = "publication.cms";
  private static final String ENDORSEMENTS = "endorsements";
  private static final int LARGEST_ENTRY = 65_536;

  private final Path names;
  private final Path incoming;
  private final ObjectMapper json = new ObjectMapper();

  PublicationFiles(Path names, Path incoming) throws IOException {
    DurableFiles.deleteFolder(incoming);
    this.incoming = Files.createDirectories(incoming);
    this.names = Files.createDirectories(names);
  }

  /** Every publication. */
  List<Publication> load() throws IOException {
    List<Publication> found = new ArrayList<>();
    for (Path name : list(names)) {
      for (Path version : list(name)) {
        try {
          found.add(read(version));
        } catch (IllegalArgumentException e) {
          throw new IOException(version + " cannot be read: " + e.getMessage(), e);
        }
      }
    }
    return found;
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private Publication read(Path folder) throws IOException {
    StrictObject entry =
        StrictObject.parse(Files.readAllBytes(folder.resolve(ENTRY)), ENTRY, LARGEST_ENTRY);
    Publication publication =
        new Publication(
            entry.number("sequence"),
            entry.text("name"),
            entry.text("version"),
            entry.parsed("digest", Digest::parse),
            entry.parsed("manifestDigest", Digest::parse),
            entry.parsed("form", SignatureForm::valueOf),
            entry.parsed("signer", DistinguishedName::new),
            entry.parsed("publisher", DistinguishedName::new),
            entry.number("sizeBytes"),
            entry.parsed("publishedAt", Instant::parse),
            retirement(folder));
    entry.done();
    if (!folder(publication.name(), publication.version()).equals(folder)) {
      throw new IllegalArgumentException("it says that it is " + publication.label());
    }
    return publication;
  }

  private static Optional<Publication.Retirement> retirement(Path folder) throws IOException {
    Path file = folder.resolve(RETIRED);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    StrictObject retired = StrictObject.parse(Files.readAllBytes(file), RETIRED, LARGEST_ENTRY);
    Publication.Retirement retirement =
        new Publication.Retirement(
            retired.parsed("at", Instant::parse),
            retired.parsed("by", DistinguishedName::new),
            retired.text("why"));
    retired.done();
    return Optional.of(retirement);
  }

  /** Writes a publication; after this returns it survives a power cut. */
  void add(Publication publication, SignedImage papers) throws IOException {
    Path made = Files.createDirectory(incoming.resolve(UUID.randomUUID().toString()));
    try {
      DurableFiles.write(made.resolve(MANIFEST), papers.manifest());
      DurableFiles.write(made.resolve(SIGNATURE), papers.signature());
      DurableFiles.write(made.resolve(CERTIFICATES), pem(papers.chain()));
      DurableFiles.write(made.resolve(ENTRY), entry(publication));
      if (papers.publication().isPresent()) {
        DurableFiles.write(made.resolve(COUNTERSIGNATURE), papers.publication().get().signature());
        DurableFiles.write(made.resolve(PUBLICATION), papers.publication().get().body());
      }
      DurableFiles.syncFolder(made);
      Path folder = folder(publication.name(), publication.version());
      Files.createDirectories(folder.getParent());
      Files.move(made, folder, StandardCopyOption.ATOMIC_MOVE);
      DurableFiles.syncFolder(folder.getParent());
      DurableFiles.syncFolder(names);
    } finally {
      DurableFiles.deleteFolder(made);
    }
  }

  void retire(Publication publication, Publication.Retirement retirement) throws IOException {
    ObjectNode node = json.createObjectNode();
    node.put("at", retirement.at().toString());
    node.put("by", retirement.by().slash());
    node.put("why", retirement.why());
    DurableFiles.replace(
        folder(publication.name(), publication.version()).resolve(RETIRED),
        json.writeValueAsBytes(node));
  }

  /** Adds the repository's word to a publication that is without. */
  void countersign(Publication publication, Statement statement) throws IOException {
    Path folder = folder(publication.name(), publication.version());
    if (!Files.exists(folder.resolve(PUBLICATION))) {
      // The body last: without it there is no statement.
      DurableFiles.replace(folder.resolve(COUNTERSIGNATURE), statement.signature());
      DurableFiles.replace(folder.resolve(PUBLICATION), statement.body());
    }
  }

  private static Optional<Statement> statement(Path folder) throws IOException {
    Path body = folder.resolve(PUBLICATION);
    return Files.exists(body)
        ? Optional.of(
            new Statement(
                Files.readAllBytes(body), Files.readAllBytes(folder.resolve(COUNTERSIGNATURE))))
        : Optional.empty();
  }

  /** Keeps one for each endorser; false when there is no room for another. */
  boolean endorse(Publication publication, DistinguishedName endorser, byte[] endorsement)
      throws IOException {
    Path folder = folder(publication.name(), publication.version());
    Path kept = folder.resolve(ENDORSEMENTS);
    Path file =
        kept.resolve(
            Digest.sha256Of(endorser.slash().getBytes(StandardCharsets.UTF_8)).hex() + ".cms");
    if (!Files.exists(file) && endorsements(folder).size() >= SignedImage.MOST_ENDORSEMENTS) {
      return false;
    }
    if (!Files.exists(kept)) {
      Files.createDirectory(kept);
      DurableFiles.syncFolder(folder);
    }
    DurableFiles.replace(file, endorsement);
    return true;
  }

  private static List<byte[]> endorsements(Path folder) throws IOException {
    Path kept = folder.resolve(ENDORSEMENTS);
    List<byte[]> endorsements = new ArrayList<>();
    if (Files.exists(kept)) {
      for (Path file : list(kept).stream().sorted().toList()) {
        if (file.toString().endsWith(".cms")) {
          endorsements.add(Files.readAllBytes(file));
        }
      }
    }
    return endorsements;
  }

  /** The papers as they came, with the endorsements that came since. */
  SignedImage papers(Publication publication) throws IOException {
    Path folder = folder(publication.name(), publication.version());
    return new SignedImage(
            Files.readAllBytes(folder.resolve(MANIFEST)),
            publication.form(),
            Files.readAllBytes(folder.resolve(SIGNATURE)),
            certificates(Files.readAllBytes(folder.resolve(CERTIFICATES))),
            endorsements(folder))
        .withPublication(statement(folder));
  }

  private Path folder(String name, String version) {
    return names.resolve(name).resolve(version);
  }

  private byte[] entry(Publication publication) throws IOException {
    ObjectNode node = json.createObjectNode();
    node.put("sequence", publication.sequence());
    node.put("name", publication.name());
    node.put("version", publication.version());
    node.put("digest", publication.digest().toString());
    node.put("manifestDigest", publication.manifestDigest().toString());
    node.put("form", publication.form().name());
    node.put("signer", publication.signer().slash());
    node.put("publisher", publication.publisher().slash());
    node.put("sizeBytes", publication.sizeBytes());
    node.put("publishedAt", publication.publishedAt().toString());
    return json.writeValueAsBytes(node);
  }

  private static byte[] pem(List<X509Certificate> chain) throws IOException {
    StringBuilder pem = new StringBuilder();
    Base64.Encoder base64 = Base64.getMimeEncoder(64, new byte[] {'\n'});
    try {
      for (X509Certificate certificate : chain) {
        pem.append("-----BEGIN CERTIFICATE-----\n")
            .append(base64.encodeToString(certificate.getEncoded()))
            .append("\n-----END CERTIFICATE-----\n");
      }
    } catch (GeneralSecurityException e) {
      throw new IOException("a certificate cannot be written: " + e.getMessage(), e);
    }
    return pem.toString().getBytes(StandardCharsets.US_ASCII);
  }

  private static List<X509Certificate> certificates(byte[] pem) throws IOException {
    try {
      List<X509Certificate> chain = new ArrayList<>();
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(pem))) {
        chain.add((X509Certificate) certificate);
      }
      return chain;
    } catch (GeneralSecurityException e) {
      throw new IOException("certificates cannot be read: " + e.getMessage(), e);
    }
  }
}
