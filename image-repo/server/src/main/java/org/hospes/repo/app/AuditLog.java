package org.hospes.repo.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Locale;
import java.util.Map;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.repo.access.AuditTrail;
import org.hospes.repo.access.Visitor;
import org.hospes.settings.Watched;
import org.hospes.trust.path.PathProblem;
import org.hospes.wire.ops.AuditText;
import org.hospes.wire.security.FailedHandshake;
import org.hospes.wire.security.RefusedMessage;
import org.hospes.wire.security.SecurityListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit log: one JSON object a line, failed handshakes included. The file is opened for each
 * line, so that one that was rotated away is simply begun anew. Every line is counted as well.
 */
final class AuditLog implements AuditTrail, SecurityListener {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

  private final Path file;
  private final Clock clock;
  private final MeterRegistry metrics;
  private final ObjectMapper json = new ObjectMapper();

  AuditLog(Path file, Clock clock, MeterRegistry metrics) throws IOException {
    this.file = file;
    this.clock = clock;
    this.metrics = metrics;
    if (file.toAbsolutePath().getParent() != null) {
      Files.createDirectories(file.toAbsolutePath().getParent());
    }
  }

  @Override
  public void record(String event, Outcome outcome, Visitor visitor, Map<String, String> facts) {
    String decided = outcome.name().toLowerCase(Locale.ROOT);
    ObjectNode line = line(event, decided);
    line.put("dn", visitor.dn().slash());
    line.put("proxy", visitor.proxy().name());
    line.put("from", visitor.remoteAddress());
    visitor.messageId().ifPresent(id -> line.put("messageId", id));
    facts.forEach((name, value) -> line.put(line.has(name) ? "fact." + name : name, value));
    write(line);
    count(event, decided, facts.getOrDefault("code", ""));
  }

  /** Each new version of a file that says who may do what, and each that cannot be used. */
  void watch(Path policy, Watched<?> file) {
    file.onChange(
        fresh -> {
          ObjectNode line = line("policy.changed", "accepted");
          line.put("file", policy.toString());
          if (fresh instanceof ImagePolicy images) {
            line.put("policy", images.digest().toString());
          }
          write(line);
          count("policy.changed", "accepted", "");
        });
    file.onProblem(
        problem -> {
          ObjectNode line = line("policy.mistaken", "refused");
          line.put("file", policy.toString());
          line.put("problem", problem);
          line.put("inForce", "the version before");
          write(line);
          count("policy.mistaken", "refused", "");
        });
  }

  @Override
  public void handshakeFailed(FailedHandshake failure) {
    ObjectNode line = line("handshake", "refused");
    failure.subject().ifPresent(subject -> line.put("subject", subject));
    line.put("from", failure.remoteAddress());
    line.put("code", failure.code());
    line.put("reason", failure.reason());
    if (!failure.problems().isEmpty()) {
      for (PathProblem problem : failure.problems()) {
        line.withArray("/problems").add(problem.code() + ": " + problem.message());
      }
    }
    write(line);
    count("handshake", "refused", failure.code());
  }

  @Override
  public void messageRefused(RefusedMessage refusal) {
    ObjectNode line = line("message", "refused");
    refusal.dn().ifPresent(dn -> line.put("dn", dn));
    line.put("from", refusal.remoteAddress());
    line.put("path", refusal.path());
    line.put("code", refusal.code());
    line.put("reference", refusal.reference());
    line.put("reason", refusal.reason());
    refusal.facts().forEach((name, value) -> line.withObject("/facts").put(name, value));
    write(line);
    count("message", "refused", refusal.code());
  }

  private ObjectNode line(String event, String outcome) {
    ObjectNode line = json.createObjectNode();
    line.put("at", clock.instant().toString());
    line.put("event", event);
    line.put("outcome", outcome);
    return line;
  }

  private void count(String event, String outcome, String code) {
    metrics
        .counter("hospes.repo.decisions", "event", event, "outcome", outcome, "code", code)
        .increment();
  }

  /** The same with each text in it no longer than an audit log takes. */
  private static JsonNode bounded(JsonNode node) {
    if (node.isTextual()) {
      return TextNode.valueOf(AuditText.bounded(node.textValue()));
    }
    if (node instanceof ObjectNode object) {
      object.properties().forEach(entry -> entry.setValue(bounded(entry.getValue())));
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        array.set(i, bounded(array.get(i)));
      }
    }
    return node;
  }

  private synchronized void write(ObjectNode whole) {
    JsonNode line = bounded(whole);
    try {
      Files.write(
          file,
          (json.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an audit line cannot be written as JSON", e);
    } catch (IOException e) {
      LOG.error("{}: an audit line is lost: {} ({})", file, line, e.toString());
    }
  }
}
