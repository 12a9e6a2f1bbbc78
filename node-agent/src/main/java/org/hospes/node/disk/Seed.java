package org.hospes.node.disk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * What a guest learns at its first boot, in cloud-init's NoCloud form.
 *
 * @param instance the workspace id; a new one makes cloud-init set the guest up again
 * @param hostname one DNS label, lower case
 * @param sshKeys public keys, one each line as in an authorized_keys file; blank lines and comments
 *     are left out
 * @param userData handed to the guest as it is
 */
public record Seed(
    UUID instance, String hostname, Optional<String> sshKeys, Optional<byte[]> userData) {
  private static final String NOTHING = "#cloud-config\n{}\n";

  public Seed {
    Objects.requireNonNull(instance, "instance");
    Objects.requireNonNull(userData, "userData");
    if (!hostname.matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")) {
      throw new IllegalArgumentException("not a host name: " + hostname);
    }
    sshKeys.ifPresent(Seed::requireKeys);
  }

  private static void requireKeys(String keys) {
    if (keys.lines().anyMatch(line -> line.chars().anyMatch(c -> c < 0x20 && c != '\t'))) {
      throw new IllegalArgumentException("an SSH key holds control characters");
    }
  }

  /** A host name for a workspace: its name when that can be one, else made from the id. */
  public static String hostnameOf(UUID id, String name) {
    String wished =
        name.toLowerCase(java.util.Locale.ROOT).replaceAll("[^a-z0-9-]", "-").replaceAll("^-+", "");
    wished = wished.substring(0, Math.min(63, wished.length())).replaceAll("-+$", "");
    return wished.isEmpty() ? "guest-" + id.toString().substring(0, 8) : wished;
  }

  /** The file {@code meta-data}: YAML, every value quoted. */
  byte[] metaData() {
    StringBuilder yaml = new StringBuilder();
    yaml.append("instance-id: ").append(quoted(instance.toString())).append('\n');
    yaml.append("local-hostname: ").append(quoted(hostname)).append('\n');
    List<String> keys =
        sshKeys
            .map(String::lines)
            .orElseGet(java.util.stream.Stream::empty)
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .toList();
    if (!keys.isEmpty()) {
      yaml.append("public-keys:\n");
      keys.forEach(key -> yaml.append("  - ").append(quoted(key)).append('\n'));
    }
    return yaml.toString().getBytes(UTF_8);
  }

  /** The file {@code user-data}; cloud-init wants one even when there is nothing to say. */
  byte[] userDataFile() {
    return userData.orElseGet(() -> NOTHING.getBytes(UTF_8));
  }

  /** A double-quoted YAML scalar. */
  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\t", "\\t") + '"';
  }
}
