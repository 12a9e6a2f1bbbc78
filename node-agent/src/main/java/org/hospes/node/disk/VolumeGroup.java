package org.hospes.node.disk;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * A volume group of this machine, by LVM's own programs. Of its volumes those are the agent's that
 * carry its tag; no call here changes another. Safe for many threads, as LVM itself is.
 */
public final class VolumeGroup {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Much more than it takes; LVM waits for udev and for others who work at the group. */
  private static final Duration LIMIT = Duration.ofSeconds(120);

  private static final Path TOOL = Path.of("/sbin/lvm");
  private static final String COLUMNS =
      "lv_name,lv_size,origin_size,lv_tags,origin,lv_active,lv_permissions,lv_snapshot_invalid";

  private final String name;
  private final String tag;
  private final Path tool;

  /**
   * A group of this machine.
   *
   * @param tag of this agent's own volumes
   */
  public static VolumeGroup here(String name, String tag) {
    return new VolumeGroup(name, tag, TOOL);
  }

  VolumeGroup(String name, String tag, Path tool) {
    this.name = name;
    this.tag = tag;
    this.tool = tool;
  }

  /**
   * The name, if it is one.
   *
   * @throws IllegalArgumentException with what was expected
   */
  public static String requireName(String name) {
    if (!name.matches("[A-Za-z0-9_+.][A-Za-z0-9_+.-]{0,126}") || name.matches("[.]{1,2}")) {
      throw new IllegalArgumentException(
          "the name of an LVM volume group expected (letters, digits and _+.-), '"
              + name
              + "' found");
    }
    return name;
  }

  /** The tag of a node's volumes. */
  public static String tagOf(String node) {
    return "hospes:" + node;
  }

  /**
   * What a group has.
   *
   * @param bytes all of it
   * @param freeBytes that are no volume's
   */
  record Facts(long bytes, long freeBytes, long extentBytes) {}

  /** Where its volumes' devices are. */
  public Path devices() {
    return Path.of("/dev", name);
  }

  public String name() {
    return name;
  }

  String tag() {
    return tag;
  }

  boolean owns(Volume volume) {
    return volume.tags().contains(tag);
  }

  /**
   * What it has now.
   *
   * @throws DiskException {@link DiskException#FAILED} also when there is no such group
   */
  Facts facts() throws DiskException {
    JsonNode group =
        only(report("vg", "vgs", "--options", "vg_size,vg_free,vg_extent_size", name), "vgs");
    return new Facts(
        group.path("vg_size").asLong(),
        group.path("vg_free").asLong(),
        group.path("vg_extent_size").asLong());
  }

  /** All its volumes, also those that are not the agent's. */
  List<Volume> volumes() throws DiskException {
    return parse(report("lv", "lvs", "--options", COLUMNS, name));
  }

  Optional<Volume> find(String volume) throws DiskException {
    return volumes().stream().filter(v -> v.name().equals(volume)).findFirst();
  }

  /** The agent's own of this name, with a device; empty when there is none of this name. */
  Optional<Volume> active(String volume) throws DiskException {
    Optional<Volume> found = find(volume);
    if (found.isPresent() && !owns(found.get())) {
      throw conflict(found.get());
    }
    if (found.isPresent() && !found.get().active()) {
      run("lvchange", "--activate", "y", "--ignoreactivationskip", name + "/" + volume);
      return find(volume);
    }
    return found;
  }

  /** A volume that holds its own bytes, whatever lay there before. */
  void makeDense(String volume, long bytes) throws DiskException {
    run(
        "lvcreate",
        "--yes",
        "--zero",
        "n",
        "--wipesignatures",
        "n",
        "--name",
        volume,
        "--size",
        bytes + "b",
        "--addtag",
        tag,
        name);
  }

  /**
   * A volume that holds what is written to it and is another one otherwise.
   *
   * @param bytes that it takes of the group
   */
  void makeSnapshot(String volume, String origin, long bytes) throws DiskException {
    run(
        "lvcreate",
        "--yes",
        "--snapshot",
        "--permission",
        "rw",
        "--setactivationskip",
        "n",
        "--chunksize",
        VolumeRoom.CHUNK + "b",
        "--name",
        volume,
        "--size",
        bytes + "b",
        "--addtag",
        tag,
        name + "/" + origin);
  }

  /** From now on the kernel takes no write to it. */
  void makeReadOnly(String volume) throws DiskException {
    run("lvchange", "--permission", "r", name + "/" + volume);
  }

  void rename(String from, String to) throws DiskException {
    run("lvrename", name, from, to);
  }

  /**
   * Takes volumes of the agent's away, one after the other; does nothing about those that are not
   * there. One that others are snapshots of is refused: they would go with it.
   */
  void remove(String... names) throws DiskException {
    List<Volume> all = new ArrayList<>(volumes());
    for (String volume : names) {
      remove(volume, all);
      all.removeIf(v -> v.name().equals(volume));
    }
  }

  private void remove(String volume, List<Volume> all) throws DiskException {
    Optional<Volume> found = all.stream().filter(v -> v.name().equals(volume)).findFirst();
    if (found.isEmpty()) {
      return;
    }
    if (!owns(found.get())) {
      throw conflict(found.get());
    }
    List<String> snapshots =
        all.stream().filter(v -> v.origin().equals(Optional.of(volume))).map(Volume::name).toList();
    if (!snapshots.isEmpty()) {
      throw new DiskException(
          DiskException.FAILED,
          "volume " + volume + " is not removed: these stand on it: " + snapshots,
          Map.of("volume", volume, "snapshots", snapshots.toString()),
          null);
    }
    run("lvremove", "--yes", name + "/" + volume);
  }

  private DiskException conflict(Volume volume) {
    return GuestDisks.conflict(
        devices().resolve(volume.name()), "tag " + tag, "tags " + volume.tags());
  }

  /** As {@code lvs} writes them. */
  static List<Volume> parse(JsonNode listed) {
    return StreamSupport.stream(listed.spliterator(), false)
        .map(
            v ->
                new Volume(
                    v.path("lv_name").asText(),
                    // Of a snapshot lv_size is its room, and its device as long as its origin's.
                    v.path("origin").asText().isEmpty()
                        ? v.path("lv_size").asLong()
                        : v.path("origin_size").asLong(),
                    v.path("lv_size").asLong(),
                    words(v.path("lv_tags").asText()),
                    Optional.of(v.path("origin").asText()).filter(o -> !o.isEmpty()),
                    v.path("lv_active").asText().equals("active"),
                    v.path("lv_permissions").asText().startsWith("read-only"),
                    v.path("lv_snapshot_invalid").asText().equals("snapshot invalid")))
        .toList();
  }

  private static Set<String> words(String list) {
    return Arrays.stream(list.split(",")).filter(w -> !w.isEmpty()).collect(Collectors.toSet());
  }

  private JsonNode report(String kind, String... words) throws DiskException {
    List<String> command = new ArrayList<>(List.of(words));
    command.addAll(1, List.of("--reportformat", "json", "--units", "b", "--nosuffix"));
    return reported(run(command.toArray(String[]::new)), kind);
  }

  /** The rows of one of LVM's reports. */
  static JsonNode reported(String text, String kind) throws DiskException {
    try {
      JsonNode rows = JSON.readTree(text).path("report").path(0).path(kind);
      if (rows.isArray()) {
        return rows;
      }
    } catch (JsonProcessingException e) {
      throw unknown(text, e);
    }
    throw unknown(text, null);
  }

  private static JsonNode only(JsonNode rows, String of) throws DiskException {
    if (rows.size() != 1) {
      throw unknown(of + ": " + rows, null);
    }
    return rows.get(0);
  }

  private static DiskException unknown(String text, Throwable cause) {
    String shown = text.substring(0, Math.min(text.length(), 400));
    return new DiskException(
        DiskException.FAILED,
        "LVM reports in a way that is not known: " + shown,
        Map.of("found", shown),
        cause);
  }

  private String run(String... words) throws DiskException {
    List<String> command = new ArrayList<>(List.of(tool.toString()));
    command.addAll(List.of(words));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.environment().put("LC_ALL", "C");
    builder.environment().put("LVM_SUPPRESS_FD_WARNINGS", "1");
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw failed(command, "cannot be run: " + e.getMessage(), e);
    }
    try {
      CompletableFuture<String> said = read(process.getInputStream());
      CompletableFuture<String> complaint = read(process.getErrorStream());
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw failed(command, "no end within " + LIMIT.toSeconds() + " s", null);
      }
      if (process.exitValue() != 0) {
        throw failed(
            command, "exit " + process.exitValue() + ": " + complaint.join().strip(), null);
      }
      return said.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(command, "interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static CompletableFuture<String> read(InputStream stream) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return new String(stream.readAllBytes(), UTF_8);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private static DiskException failed(List<String> command, String what, Throwable cause) {
    String line = String.join(" ", command);
    boolean full = what.contains("nsufficient free space") || what.contains("free extents");
    return new DiskException(
        full ? DiskException.NO_SPACE : DiskException.FAILED,
        line + ": " + what,
        Map.of("command", line, "result", what),
        cause);
  }
}
