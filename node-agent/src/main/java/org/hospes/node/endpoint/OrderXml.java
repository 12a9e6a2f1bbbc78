package org.hospes.node.endpoint;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.common.Forward;
import org.hospes.contract.node.SnapshotOrder;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.node.journal.AskedBy;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.OnCrash;
import org.hospes.node.journal.Snapshot;
import org.hospes.node.journal.SnapshotTask;
import org.hospes.node.network.ForwardRequest;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.refusal.RefusalException;

/** Orders as the contract writes them; what does not make sense is refused with its element. */
final class OrderXml {
  private static final Duration LONGEST_GRACE = Duration.ofHours(1);

  private static final int MOST = 16;

  private OrderXml() {}

  static UUID id(String text) {
    try {
      UUID id = UUID.fromString(required("id", text));
      if (id.toString().equals(text)) {
        return id;
      }
    } catch (IllegalArgumentException e) {
      // Refused below, in the same words.
    }
    throw invalid("id", "a UUID in lower case", text);
  }

  /** The message behind something, and who signed it where the service says so. */
  static Optional<AskedBy> askedBy(String digest, String asker) {
    return Optional.ofNullable(digest)
        .map(
            message ->
                new AskedBy(
                    Digest.parse(message),
                    Optional.ofNullable(asker).map(dn -> new DistinguishedName(dn).slash())));
  }

  static GuestOrder read(org.hospes.contract.node.GuestOrder xml) {
    if (xml == null) {
      throw invalid("order", "an order", "nothing");
    }
    try {
      return new GuestOrder(
          id(xml.getId()),
          label(xml.getName()),
          new DistinguishedName(required("owner", xml.getOwner())).slash(),
          Optional.ofNullable(xml.getVirtualOrganisation()),
          Digest.parse(required("imageDigest", xml.getImageDigest())),
          image(xml.getImage(), xml.getSight()),
          sources(xml.getSource()),
          xml.getCpus(),
          xml.getMemoryBytes(),
          xml.getScratchBytes(),
          forwards(xml.getForward()),
          Optional.ofNullable(xml.getSshKey()),
          Optional.ofNullable(xml.getUserData()),
          xml.getOnCrash() == null ? OnCrash.END : OnCrash.valueOf(xml.getOnCrash().name()),
          required("leaseEnds", xml.getLeaseEnds()),
          askedBy(xml.getRequestDigest(), null));
    } catch (IllegalArgumentException e) {
      throw RefusalException.of(FaultCategory.INVALID, "order.invalid", e.getMessage())
          .fact("workspace", xml.getId())
          .causedBy(e);
    }
  }

  /** What is to be done with a snapshot. */
  static SnapshotTask task(SnapshotOrder xml, SnapshotTask.Kind kind) {
    try {
      Snapshot.requireName(required("wish", xml.getWish()));
    } catch (IllegalArgumentException e) {
      throw invalid("wish", "a label", xml.getWish());
    }
    try {
      return new SnapshotTask(xml.getWish(), kind, required("name", xml.getName()));
    } catch (IllegalArgumentException e) {
      throw invalid("name", "a label", xml.getName());
    }
  }

  /** The image of a guest that is here, as others speak for it now. */
  static SignedImage papers(
      org.hospes.contract.common.SignedImage xml, org.hospes.contract.common.Statement sight) {
    try {
      return image(xml, sight);
    } catch (IllegalArgumentException e) {
      throw RefusalException.of(FaultCategory.INVALID, "order.invalid", e.getMessage()).causedBy(e);
    }
  }

  private static SignedImage image(
      org.hospes.contract.common.SignedImage xml, org.hospes.contract.common.Statement sight) {
    required("image", xml);
    List<X509Certificate> chain = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (byte[] der : xml.getCertificate()) {
        chain.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
      }
    } catch (CertificateException e) {
      throw new IllegalArgumentException(
          "the builder's certificate cannot be read: " + e.getMessage(), e);
    }
    if (chain.isEmpty()) {
      throw invalid("image.certificate", "the signer's certificate", "nothing");
    }
    return new SignedImage(
            required("image.manifest", xml.getManifest()),
            SignatureForm.valueOf(required("image.form", xml.getForm()).value()),
            required("image.signature", xml.getSignature()),
            chain,
            xml.getEndorsement())
        .withPublication(statement(xml.getPublication()))
        .withSight(statement(sight));
  }

  private static Optional<Statement> statement(org.hospes.contract.common.Statement xml) {
    return Optional.ofNullable(xml)
        .map(
            said ->
                new Statement(
                    required("statement.body", said.getBody()),
                    required("statement.signature", said.getSignature())));
  }

  private static List<URI> sources(List<String> texts) {
    List<URI> sources = new ArrayList<>();
    for (String text : texts) {
      URI source = URI.create(text);
      if (!"https".equals(source.getScheme()) || source.getHost() == null) {
        throw invalid("source", "an https address", text);
      }
      sources.add(source);
    }
    return sources;
  }

  private static List<ForwardRequest> forwards(List<Forward> xml) {
    if (xml.size() > MOST) {
      throw invalid("forward", "at most " + MOST, Integer.toString(xml.size()));
    }
    List<ForwardRequest> forwards = new ArrayList<>();
    for (Forward forward : xml) {
      Integer port = forward.getHostPort();
      forwards.add(
          new ForwardRequest(
              port == null ? OptionalInt.empty() : OptionalInt.of(port), forward.getGuestPort()));
    }
    return forwards;
  }

  private static String label(String name) {
    if (name == null || name.isEmpty() || name.length() > 255) {
      throw invalid("name", "a name of 1 to 255 characters", name);
    }
    return name;
  }

  static <T> T required(String element, T value) {
    if (value == null) {
      throw invalid(element, "a value", "nothing");
    }
    return value;
  }

  static RefusalException invalid(String element, String expected, String found) {
    return RefusalException.of(
            FaultCategory.INVALID, "order.invalid", element + ": expected " + expected)
        .fact("element", element)
        .fact("expected", expected)
        .fact("found", found);
  }

  /** How long a guest has to power itself off. */
  static Duration grace(int seconds) {
    if (seconds < 0 || seconds > LONGEST_GRACE.toSeconds()) {
      throw RefusalException.of(
              FaultCategory.INVALID, "order.invalid", "graceSeconds: expected 0 to an hour")
          .fact("element", "graceSeconds")
          .fact("expected", "0 to " + LONGEST_GRACE.toSeconds())
          .fact("found", Integer.toString(seconds));
    }
    return Duration.ofSeconds(seconds);
  }
}
