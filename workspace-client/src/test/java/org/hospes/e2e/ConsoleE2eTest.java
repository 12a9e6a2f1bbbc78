package org.hospes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.hospes.client.cli.TypedCommand;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Typing on the console of a real guest, whose shell answers. */
@EndToEnd
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConsoleE2eTest {
  private static final Duration LONG = Site.patience(Duration.ofSeconds(120));

  private final Site site;
  private final Guests guests;
  private Guests.Published image;

  ConsoleE2eTest(Site site) {
    this.site = site;
    this.guests = new Guests(site);
  }

  @BeforeAll
  void publish() throws Exception {
    image = guests.published();
  }

  private TypedCommand.Outcome typed(Person who, String text, String... words) throws Exception {
    String[] all = new String[words.length + 2];
    all[0] = "console";
    all[all.length - 1] = "--attach";
    System.arraycopy(words, 0, all, 1, words.length);
    return site.workspace(
        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), who, all);
  }

  /** Typed by somebody who leaves once the guest has answered, however long that takes. */
  private TypedCommand.Outcome answered(String id, String text, String answer, String... more)
      throws Exception {
    InputStream keys =
        new SequenceInputStream(
            new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)),
            new InputStream() {
              @Override
              public int read() throws IOException {
                try {
                  awaitLog(id, answer);
                } catch (Exception e) {
                  throw new IOException(e);
                }
                return -1;
              }
            });
    List<String> words = new ArrayList<>(List.of("console", id, "--attach"));
    words.addAll(List.of(more));
    return site.workspace(keys, site.ada(), words.toArray(String[]::new));
  }

  /** A guest whose shell has asked for its first line. */
  private String ready() throws Exception {
    JsonNode workspace = guests.running(image.reference());
    String id = workspace.path("id").asText();
    Site.await(
        "the guest's shell to ask",
        LONG,
        () -> site.workspace(site.ada(), "console", id).out().contains("/ # "));
    return id;
  }

  private void destroyed(String id) throws Exception {
    assertEquals(0, site.workspace(site.ada(), "destroy", id, "--wait").exit());
  }

  @Test
  @Tag("xen")
  void aCommandIsTypedAnsweredAndInTheLog() throws Exception {
    String id = ready();
    TypedCommand.Outcome outcome = answered(id, "echo sum=$((6*7))\n", "sum=42");
    assertEquals(0, outcome.exit(), outcome.err());
    assertTrue(outcome.out().contains("sum=42"), outcome.out());
    String log = site.workspace(site.ada(), "console", id).out();
    assertTrue(log.contains("sum=42"), log);

    // Ctrl-C reaches what runs, and nothing but that.
    outcome = typed(site.ada(), "sleep 600\n", id);
    assertEquals(0, outcome.exit(), outcome.err());
    outcome = answered(id, "\u0003echo back=$((1+1))\n", "back=2");
    assertTrue(outcome.out().contains("back=2"), outcome.out());

    TypedCommand.Outcome other = typed(site.bob(), "reboot -f\n", id);
    assertEquals(3, other.exit(), other.err());
    assertTrue(other.err().contains("you have no workspace"), other.err());
    destroyed(id);
  }

  @Test
  void oneAtATimeAndWhoIsTakenOverFromIsTold() throws Exception {
    String id = ready();
    PipedOutputStream keys = new PipedOutputStream();
    CompletableFuture<TypedCommand.Outcome> first = attachedWhile(keys, id);
    keys.write("echo first=$((1+1))\n".getBytes(StandardCharsets.UTF_8));
    keys.flush();
    awaitLog(id, "first=2");

    TypedCommand.Outcome second = typed(site.ada(), "echo no\n", id);
    assertEquals(2, second.exit(), second.err());
    assertTrue(second.err().contains("code: console.attached"), second.err());
    assertTrue(second.err().contains(Site.ADA), second.err());

    TypedCommand.Outcome forced = answered(id, "echo forced=$((2+2))\n", "forced=4", "--force");
    assertEquals(0, forced.exit(), forced.err());
    assertTrue(forced.out().contains("forced=4"), forced.out());
    TypedCommand.Outcome ended = first.get(60, TimeUnit.SECONDS);
    assertEquals(0, ended.exit(), ended.err());
    assertTrue(ended.out().contains("taken over by " + Site.ADA), ended.out());
    destroyed(id);
  }

  @Test
  @Tag("xen")
  void theGuestsEndIsTheConsolesEnd() throws Exception {
    String id = ready();
    TypedCommand.Outcome outcome =
        typed(site.ada(), "echo bye=$((1+2)); poweroff -f\n", id, "--linger", "60s");
    assertEquals(0, outcome.exit(), outcome.err());
    assertTrue(outcome.out().contains("bye=3"), outcome.out());
    assertTrue(outcome.out().contains("the guest's console ended"), outcome.out());
  }

  @Test
  void aKilledAgentBreaksTheConsoleAndNotTheGuest() throws Exception {
    String id = ready();
    String node = site.show(id).path("node").asText();
    PipedOutputStream keys = new PipedOutputStream();
    CompletableFuture<TypedCommand.Outcome> attached = attachedWhile(keys, id);
    keys.write("echo before=$((1+1))\n".getBytes(StandardCharsets.UTF_8));
    keys.flush();
    awaitLog(id, "before=2");
    site.cluster("kill", node).orFail();
    TypedCommand.Outcome broken = attached.get(60, TimeUnit.SECONDS);
    assertEquals(1, broken.exit(), broken.out() + broken.err());
    assertTrue(broken.out().contains("broke the connection off"), broken.out());
    site.cluster("start", node).orFail();
    Site.await(
        "the same guest to answer again",
        LONG,
        () -> typed(site.ada(), "echo after=$((1+2))\n", id).out().contains("after=3"));
    assertFalse(site.workspace(site.ada(), "console", id).out().contains("Linux version"));
    destroyed(id);
  }

  @Test
  @Tag("xen")
  void whatIsTypedOnAPausedGuestIsReadWhenItRunsAgain() throws Exception {
    String id = ready();
    assertEquals(0, site.workspace(site.ada(), "pause", id, "--wait").exit());
    PipedOutputStream keys = new PipedOutputStream();
    CompletableFuture<TypedCommand.Outcome> attached = attachedWhile(keys, id);
    keys.write("echo later=$((3+3))\n".getBytes(StandardCharsets.UTF_8));
    keys.flush();
    Site.await(
        "her to be attached",
        LONG,
        () ->
            Files.readAllLines(site.log("audit.jsonl")).stream()
                .anyMatch(line -> line.contains("\"console.attach\"") && line.contains(id)));
    assertFalse(site.workspace(site.ada(), "console", id).out().contains("later=6"));
    assertEquals(0, site.workspace(site.ada(), "resume", id, "--wait").exit());
    awaitLog(id, "later=6");
    destroyed(id);
    TypedCommand.Outcome ended = attached.get(60, TimeUnit.SECONDS);
    assertEquals(0, ended.exit(), ended.err());
    assertTrue(ended.out().contains("later=6"), ended.out());
    TypedCommand.Outcome gone = typed(site.ada(), "x", id);
    assertEquals(2, gone.exit(), gone.err());
    assertTrue(gone.err().contains("code: workspace.ended"), gone.err());
    Site.await(
        "its end to be taken down",
        LONG,
        () -> !site.audited("audit.jsonl", "\"console.detach\"", id).isEmpty());
  }

  private CompletableFuture<TypedCommand.Outcome> attachedWhile(PipedOutputStream keys, String id)
      throws Exception {
    PipedInputStream in = new PipedInputStream(keys);
    Person ada = site.ada();
    return CompletableFuture.supplyAsync(
        () -> site.workspace(in, ada, "console", id, "--attach", "--linger", "10m"));
  }

  private void awaitLog(String id, String text) throws Exception {
    Site.await(
        "the log to say " + text,
        LONG,
        () -> site.workspace(site.ada(), "console", id).out().contains(text));
  }
}
