package org.hospes.node.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Optional;
import org.hospes.image.SignedImage;
import org.hospes.image.policy.Audience;
import org.hospes.trust.path.DistinguishedName;

/** The papers of an image as JSON, written as they are in an order's journal. */
public final class PapersJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private PapersJson() {}

  /** The same papers for the same audience give the same bytes. */
  public static byte[] write(SignedImage papers, Audience audience) {
    try {
      ObjectNode node = JSON.createObjectNode();
      audience.runner().ifPresent(runner -> node.put("runner", runner.slash()));
      audience.virtualOrganisation().ifPresent(vo -> node.put("virtualOrganisation", vo));
      node.set("image", new OrderJson(JSON).write(papers));
      return JSON.writeValueAsBytes(node);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The papers that were written. */
  public static SignedImage papers(byte[] bytes) throws IOException {
    return OrderJson.image(JSON.readTree(bytes).required("image"));
  }

  /** For whom they were written. */
  public static Audience audience(byte[] bytes) throws IOException {
    JsonNode node = JSON.readTree(bytes);
    return new Audience(
        Optional.ofNullable(node.get("runner")).map(r -> new DistinguishedName(r.asText())),
        Optional.ofNullable(node.get("virtualOrganisation")).map(JsonNode::asText));
  }
}
