package org.hospes.node.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.Statement;
import org.hospes.node.network.ForwardRequest;

/** Orders as JSON, the papers of the image in base64 as they came. */
final class OrderJson {
  private final ObjectMapper json;

  OrderJson(ObjectMapper json) {
    this.json = json;
  }

  ObjectNode write(GuestOrder order) {
    ObjectNode node =
        json.createObjectNode()
            .put("id", order.id().toString())
            .put("name", order.name())
            .put("owner", order.owner());
    order.virtualOrganisation().ifPresent(vo -> node.put("virtualOrganisation", vo));
    node.put("imageDigest", order.imageDigest().toString());
    node.set("image", write(order.image()));
    ArrayNode sources = node.putArray("sources");
    order.sources().forEach(source -> sources.add(source.toString()));
    node.put("cpus", order.cpus())
        .put("memoryBytes", order.memoryBytes())
        .put("scratchBytes", order.scratchBytes());
    ArrayNode forwards = node.putArray("forwards");
    for (ForwardRequest forward : order.forwards()) {
      ObjectNode one = forwards.addObject().put("guestPort", forward.guestPort());
      forward.hostPort().ifPresent(port -> one.put("hostPort", port));
    }
    order.sshKey().ifPresent(key -> node.put("sshKey", key));
    order.userData().ifPresent(data -> node.put("userData", base64(data)));
    node.put("onCrash", order.onCrash().name());
    order.request().ifPresent(asked -> write(node, asked));
    return node.put("leaseEnds", order.leaseEnds().toString());
  }

  GuestOrder read(JsonNode node) throws IOException {
    List<URI> sources = new ArrayList<>();
    node.required("sources").forEach(source -> sources.add(URI.create(source.asText())));
    List<ForwardRequest> forwards = new ArrayList<>();
    for (JsonNode forward : node.required("forwards")) {
      JsonNode port = forward.get("hostPort");
      forwards.add(
          new ForwardRequest(
              port == null ? OptionalInt.empty() : OptionalInt.of(port.asInt()),
              forward.required("guestPort").asInt()));
    }
    return new GuestOrder(
        UUID.fromString(node.required("id").asText()),
        node.required("name").asText(),
        node.required("owner").asText(),
        Optional.ofNullable(node.get("virtualOrganisation")).map(JsonNode::asText),
        Digest.parse(node.required("imageDigest").asText()),
        image(node.required("image")),
        sources,
        node.required("cpus").asInt(),
        node.required("memoryBytes").asLong(),
        node.required("scratchBytes").asLong(),
        forwards,
        Optional.ofNullable(node.get("sshKey")).map(JsonNode::asText),
        Optional.ofNullable(node.get("userData")).map(OrderJson::bytes),
        // Of an agent that knew but one way.
        Optional.ofNullable(node.get("onCrash"))
            .map(policy -> OnCrash.valueOf(policy.asText()))
            .orElse(OnCrash.END),
        Instant.parse(node.required("leaseEnds").asText()),
        askedBy(node));
  }

  static void write(ObjectNode node, AskedBy asked) {
    node.put("request", asked.message().toString());
    asked.asker().ifPresent(dn -> node.put("asker", dn));
  }

  static Optional<AskedBy> askedBy(JsonNode node) {
    return Optional.ofNullable(node.get("request"))
        .map(
            message ->
                new AskedBy(
                    Digest.parse(message.asText()),
                    Optional.ofNullable(node.get("asker")).map(JsonNode::asText)));
  }

  ObjectNode write(SignedImage image) {
    ObjectNode node =
        json.createObjectNode()
            .put("manifest", base64(image.manifest()))
            .put("form", image.form().name())
            .put("signature", base64(image.signature()));
    ArrayNode chain = node.putArray("chain");
    for (X509Certificate certificate : image.chain()) {
      try {
        chain.add(base64(certificate.getEncoded()));
      } catch (CertificateEncodingException e) {
        throw new IllegalArgumentException(
            "certificate without an encoding: " + certificate.getSubjectX500Principal(), e);
      }
    }
    writeWords(node, image.endorsements(), image.publication(), image.sight());
    return node;
  }

  /** What others than the signer say of an image. */
  void writeWords(
      ObjectNode node,
      List<byte[]> endorsements,
      Optional<Statement> publication,
      Optional<Statement> sight) {
    if (!endorsements.isEmpty()) {
      ArrayNode array = node.putArray("endorsements");
      endorsements.forEach(one -> array.add(base64(one)));
    }
    publication.ifPresent(said -> node.set("publication", write(said)));
    sight.ifPresent(said -> node.set("sight", write(said)));
  }

  /** Of an agent that knew none, there are none. */
  static List<byte[]> endorsements(JsonNode node) {
    List<byte[]> endorsements = new ArrayList<>();
    node.path("endorsements").forEach(one -> endorsements.add(bytes(one)));
    return endorsements;
  }

  static SignedImage image(JsonNode node) throws IOException {
    List<X509Certificate> chain = new ArrayList<>();
    try {
      CertificateFactory certificates = CertificateFactory.getInstance("X.509");
      for (JsonNode one : node.required("chain")) {
        chain.add(
            (X509Certificate)
                certificates.generateCertificate(new ByteArrayInputStream(bytes(one))));
      }
    } catch (CertificateException e) {
      throw new IOException("the builder's certificate cannot be read: " + e.getMessage(), e);
    }
    return new SignedImage(
            bytes(node.required("manifest")),
            SignatureForm.valueOf(node.required("form").asText()),
            bytes(node.required("signature")),
            chain,
            endorsements(node))
        .withPublication(statement(node, "publication"))
        .withSight(statement(node, "sight"));
  }

  private ObjectNode write(Statement statement) {
    return json.createObjectNode()
        .put("body", base64(statement.body()))
        .put("signature", base64(statement.signature()));
  }

  static Optional<Statement> statement(JsonNode node, String key) {
    return Optional.ofNullable(node.get(key))
        .map(
            said -> new Statement(bytes(said.required("body")), bytes(said.required("signature"))));
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static byte[] bytes(JsonNode node) {
    return Base64.getDecoder().decode(node.asText());
  }
}
