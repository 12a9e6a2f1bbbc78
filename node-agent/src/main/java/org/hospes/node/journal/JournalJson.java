package org.hospes.node.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.image.DiskFormat;
import org.hospes.image.SignedImage;
import org.hospes.node.network.Attachment;
import org.hospes.node.network.Forward;

/** Journal entries as one line of JSON each. */
final class JournalJson {
  private final ObjectMapper json = new ObjectMapper();
  private final OrderJson orders = new OrderJson(json);

  String write(JournalEntry entry) {
    ObjectNode line = json.createObjectNode();
    line.put("write", JournalWrite.nameOf(entry));
    line.put("at", entry.at().toString());
    if (entry instanceof JournalEntry.Ordered first) {
      line.set("order", orders.write(first.order()));
      first.arrival().ifPresent(a -> HandOverJson.write(line.putObject("arrival"), a));
    } else if (entry instanceof JournalEntry.Wanted wanted) {
      line.put("goal", wanted.goal().name());
      line.put("reason", wanted.reason());
      wanted.forceAt().ifPresent(at -> line.put("forceAt", at.toString()));
      wanted.request().ifPresent(asked -> OrderJson.write(line, asked));
    } else if (entry instanceof JournalEntry.Done done) {
      line.put("hook", done.hook().name());
      done.base().ifPresent(base -> line.set("base", write(base)));
      done.staging().ifPresent(staging -> line.set("staging", write(staging)));
      done.attachment().ifPresent(attachment -> line.set("attachment", write(attachment)));
    } else if (entry instanceof JournalEntry.Undone undone) {
      line.put("hook", undone.hook().name());
    } else if (entry instanceof JournalEntry.LeaseMoved lease) {
      line.put("leaseEnds", lease.leaseEnds().toString());
    } else if (entry instanceof JournalEntry.PapersMoved papers) {
      orders.writeWords(line, papers.endorsements(), papers.publication(), papers.sight());
    } else if (entry instanceof JournalEntry.StartRefused refused) {
      line.set("failure", write(refused.failure()));
    } else if (entry instanceof JournalEntry.Failed failed) {
      line.set("failure", write(failed.failure()));
    } else if (entry instanceof JournalEntry.Sealed sealed) {
      SnapshotJson.disks(line.putArray("disks"), sealed.disks());
    } else if (entry instanceof JournalEntry.SnapshotFailed failed) {
      line.set("failure", write(failed.failure()));
    } else if (entry instanceof JournalEntry.OfSnapshot snapshot) {
      SnapshotJson.write(line, snapshot);
    } else if (entry instanceof JournalEntry.StartsAgain again) {
      line.put("reason", again.reason());
      again.console().ifPresent(console -> line.put("console", console));
    } else if (entry instanceof JournalEntry.Ended ended) {
      line.put("reason", ended.reason());
    } else {
      HandOverJson.write(line, entry);
    }
    try {
      return json.writeValueAsString(line);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a journal entry that is no JSON: " + entry, e);
    }
  }

  JournalEntry read(String text) throws IOException {
    JsonNode line = json.readTree(text);
    Instant at = Instant.parse(line.required("at").asText());
    String write = line.required("write").asText();
    int dot = write.indexOf('.');
    try {
      return switch (dot < 0 ? write : write.substring(0, dot)) {
        case "ordered" ->
            new JournalEntry.Ordered(
                at,
                orders.read(line.required("order")),
                optional(line, "arrival").map(HandOverJson::arrival));
        case "wanted" ->
            new JournalEntry.Wanted(
                at,
                Goal.valueOf(line.required("goal").asText()),
                line.required("reason").asText(),
                optional(line, "forceAt").map(JsonNode::asText).map(Instant::parse),
                OrderJson.askedBy(line));
        case "done" ->
            new JournalEntry.Done(
                at,
                hook(line),
                optional(line, "base").map(JournalJson::base),
                optional(line, "staging").map(JournalJson::staging),
                optional(line, "attachment").map(JournalJson::attachment));
        case "undone" -> new JournalEntry.Undone(at, hook(line));
        case "lease" ->
            new JournalEntry.LeaseMoved(at, Instant.parse(line.required("leaseEnds").asText()));
        case "papers" ->
            new JournalEntry.PapersMoved(
                at,
                OrderJson.endorsements(line),
                OrderJson.statement(line, "publication"),
                OrderJson.statement(line, "sight"));
        case "refused" -> new JournalEntry.StartRefused(at, failure(line.required("failure")));
        case "failed" -> new JournalEntry.Failed(at, failure(line.required("failure")));
        case "paused" -> new JournalEntry.Paused(at);
        case "resumed" -> new JournalEntry.Resumed(at);
        case "stood" -> new JournalEntry.Stood(at);
        case "sealed" -> new JournalEntry.Sealed(at, SnapshotJson.disks(line.required("disks")));
        case "snapshot" -> SnapshotJson.read(write, line, at);
        case "again" ->
            new JournalEntry.StartsAgain(
                at,
                line.required("reason").asText(),
                optional(line, "console").map(JsonNode::asText));
        case "ended" -> new JournalEntry.Ended(at, line.required("reason").asText());
        case "handed-over", "taken-back", "arrived" -> HandOverJson.read(write, line, at);
        default -> throw new IOException("unknown kind of line: " + write);
      };
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /**
   * Whether two orders ask for the same, their leases, the messages behind them and what others
   * than the signer say of their image apart.
   */
  boolean sameButLease(GuestOrder one, GuestOrder other) {
    return orders.write(bare(one)).equals(orders.write(bare(other)));
  }

  private static GuestOrder bare(GuestOrder order) {
    SignedImage signed =
        order.image().withEndorsements(List.of()).withPublication(Optional.empty());
    return order
        .withImage(signed.withSight(Optional.empty()))
        .withLeaseEnds(Instant.EPOCH)
        .withRequest(Optional.empty());
  }

  private ObjectNode write(HeldBase base) {
    ObjectNode node =
        json.createObjectNode()
            .put("file", base.file().toString())
            .put("device", base.device())
            .put("inode", base.inode())
            .put("format", base.format().name())
            .put("fileBytes", base.fileBytes())
            .put("virtualBytes", base.virtualBytes())
            .put("signer", base.signer())
            .put("sha256", base.sha256());
    if (!base.endorsers().isEmpty()) {
      ArrayNode endorsers = node.putArray("endorsers");
      base.endorsers().forEach(endorsers::add);
    }
    base.rule().ifPresent(rule -> node.put("rule", rule));
    base.kernel().ifPresent(kernel -> node.put("kernel", kernel));
    base.commandLine().ifPresent(line -> node.put("commandLine", line));
    return node;
  }

  private static HeldBase base(JsonNode node) {
    List<String> endorsers = new ArrayList<>();
    node.path("endorsers").forEach(one -> endorsers.add(one.asText()));
    return new HeldBase(
        Path.of(node.required("file").asText()),
        node.required("device").asLong(),
        node.required("inode").asLong(),
        DiskFormat.valueOf(node.required("format").asText()),
        node.required("fileBytes").asLong(),
        node.required("virtualBytes").asLong(),
        node.required("signer").asText(),
        endorsers,
        optional(node, "rule").map(JsonNode::asText),
        node.required("sha256").asText(),
        optional(node, "kernel").map(JsonNode::asText),
        optional(node, "commandLine").map(JsonNode::asText));
  }

  private ObjectNode write(Staging staging) {
    return json.createObjectNode()
        .put("endedAt", staging.endedAt().toString())
        .put("bytes", staging.bytes())
        .put("millis", staging.millis());
  }

  private static Staging staging(JsonNode node) {
    return new Staging(
        Instant.parse(node.required("endedAt").asText()),
        node.required("bytes").asLong(),
        node.required("millis").asLong());
  }

  private ObjectNode write(Attachment attachment) {
    ObjectNode node =
        json.createObjectNode()
            .put("id", attachment.id().toString())
            .put("bridge", attachment.bridge())
            .put("interface", attachment.interfaceName())
            .put("mac", attachment.mac())
            .put("address", attachment.address())
            .put("gateway", attachment.gateway());
    ArrayNode forwards = node.putArray("forwards");
    for (Forward forward : attachment.forwards()) {
      write(forwards.addObject(), forward);
    }
    return node;
  }

  static void write(ObjectNode node, Forward forward) {
    node.put("hostAddress", forward.hostAddress())
        .put("hostPort", forward.hostPort())
        .put("guestPort", forward.guestPort());
  }

  private static Attachment attachment(JsonNode node) {
    List<Forward> forwards = new ArrayList<>();
    for (JsonNode forward : node.required("forwards")) {
      forwards.add(forward(forward));
    }
    return new Attachment(
        UUID.fromString(node.required("id").asText()),
        node.required("bridge").asText(),
        node.required("interface").asText(),
        node.required("mac").asText(),
        node.required("address").asText(),
        node.required("gateway").asText(),
        forwards);
  }

  static Forward forward(JsonNode node) {
    return new Forward(
        node.required("hostAddress").asText(),
        node.required("hostPort").asInt(),
        node.required("guestPort").asInt());
  }

  private ObjectNode write(Failure failure) {
    ObjectNode node =
        json.createObjectNode()
            .put("category", failure.category().name())
            .put("code", failure.code())
            .put("message", failure.message());
    failure.advice().ifPresent(advice -> node.put("advice", advice));
    ObjectNode facts = node.putObject("facts");
    failure.facts().forEach(facts::put);
    return node;
  }

  static Failure failure(JsonNode node) {
    Map<String, String> facts = new LinkedHashMap<>();
    node.required("facts").properties().forEach(f -> facts.put(f.getKey(), f.getValue().asText()));
    return new Failure(
        Failure.Category.valueOf(node.required("category").asText()),
        node.required("code").asText(),
        node.required("message").asText(),
        optional(node, "advice").map(JsonNode::asText),
        facts);
  }

  private static HookName hook(JsonNode line) {
    return HookName.valueOf(line.required("hook").asText());
  }

  private static Optional<JsonNode> optional(JsonNode node, String name) {
    return Optional.ofNullable(node.get(name));
  }
}
