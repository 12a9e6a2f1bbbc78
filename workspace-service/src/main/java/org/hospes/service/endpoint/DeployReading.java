package org.hospes.service.endpoint;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.hospes.contract.MessageBounds;
import org.hospes.contract.workspace.Deploy;
import org.hospes.image.ImageReference;
import org.hospes.service.admission.WorkspaceRequest;
import org.hospes.service.workspace.Forward;
import org.hospes.service.workspace.OnCrash;
import org.hospes.service.workspace.Refusal;
import org.hospes.service.workspace.Resources;

/** A deploy message as a request; everything wrong with it is said at once, field by field. */
final class DeployReading {
  private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final int MOST_CPUS = 4096;
  private static final long MEBIBYTE = 1L << 20;
  private static final long LARGEST = 1L << 50;
  static final long LONGEST_LEASE = Duration.ofDays(3660).toSeconds();
  private static final int MOST_FORWARDS = 16;
  private static final int LONGEST_KEY = 4096;

  private final Map<String, String> problems = new LinkedHashMap<>();

  private DeployReading() {}

  /**
   * Reads it.
   *
   * @throws org.hospes.service.workspace.RefusedException INVALID, naming every field
   */
  static WorkspaceRequest read(Deploy xml) {
    return new DeployReading().all(xml);
  }

  private WorkspaceRequest all(Deploy xml) {
    String token = label("clientToken", xml.getClientToken());
    ImageReference image =
        parsed("image", () -> ImageReference.parse(xml.getImage() == null ? "" : xml.getImage()));
    Optional<String> name = Optional.ofNullable(xml.getName()).map(n -> label("name", n));
    between("cpus", xml.getCpus(), 1, MOST_CPUS);
    mebibytes("memoryBytes", xml.getMemoryBytes(), MEBIBYTE);
    mebibytes("scratchBytes", xml.getScratchBytes(), 0);
    Optional<Long> lease = Optional.ofNullable(xml.getLeaseSeconds());
    lease.ifPresent(seconds -> between("leaseSeconds", seconds, 1, LONGEST_LEASE));
    List<Forward> forwards = forwards(xml.getForward());
    Optional<String> sshKey = Optional.ofNullable(xml.getSshKey()).filter(k -> !k.isBlank());
    sshKey.ifPresent(this::sshKey);
    Optional<byte[]> userData = Optional.ofNullable(xml.getUserData());
    userData.ifPresent(d -> between("userData", d.length, 0, MessageBounds.USER_DATA));
    refuseIfAny();
    return new WorkspaceRequest(
        token,
        image,
        name,
        new Resources(xml.getCpus(), xml.getMemoryBytes(), xml.getScratchBytes()),
        lease.map(Duration::ofSeconds),
        forwards,
        sshKey.map(String::strip),
        userData,
        xml.getOnCrash() == null ? OnCrash.END : OnCrash.valueOf(xml.getOnCrash().name()),
        xml.isDryRun());
  }

  private List<Forward> forwards(List<org.hospes.contract.common.Forward> xml) {
    List<Forward> forwards = new ArrayList<>();
    between("forward", xml.size(), 0, MOST_FORWARDS);
    Set<Integer> guestPorts = new HashSet<>();
    Set<Integer> hostPorts = new HashSet<>();
    for (int i = 0; i < Math.min(xml.size(), MOST_FORWARDS); i++) {
      String field = "forward[" + (i + 1) + "]";
      org.hospes.contract.common.Forward one = xml.get(i);
      Forward forward =
          parsed(
              field,
              () ->
                  new Forward(
                      Optional.empty(),
                      Optional.ofNullable(one.getHostPort()),
                      one.getGuestPort()));
      if (forward == null) {
        continue;
      }
      if (one.getHostAddress() != null) {
        problems.put(field + ".hostAddress", "is chosen by the site and not by a request");
      }
      if (!guestPorts.add(forward.guestPort())) {
        problems.put(field + ".guestPort", "port " + forward.guestPort() + " is forwarded twice");
      }
      if (forward.hostPort().isPresent() && !hostPorts.add(forward.hostPort().get())) {
        problems.put(
            field + ".hostPort", "port " + forward.hostPort().get() + " is asked for twice");
      }
      forwards.add(forward);
    }
    return forwards;
  }

  private void sshKey(String key) {
    if (key.length() > LONGEST_KEY) {
      problems.put("sshKey", "at most " + LONGEST_KEY + " characters expected");
    } else if (key.strip().chars().anyMatch(c -> c < ' ')) {
      problems.put("sshKey", "one line expected, as in authorized_keys");
    }
  }

  private String label(String field, String text) {
    if (text == null || !LABEL.matcher(text).matches()) {
      problems.put(
          field,
          "1 to 64 letters, digits, dots, underscores and hyphens expected, found "
              + (text == null ? "nothing" : text));
    }
    return text;
  }

  private void mebibytes(String field, long bytes, long least) {
    between(field, bytes, least, LARGEST);
    if (bytes % MEBIBYTE != 0) {
      problems.put(field, "whole MiB (1048576 bytes) expected, found " + bytes);
    }
  }

  private void between(String field, long value, long least, long most) {
    if (value < least || value > most) {
      problems.put(field, "expected " + least + " to " + most + ", found " + value);
    }
  }

  private <T> T parsed(String field, Supplier<T> parser) {
    try {
      return parser.get();
    } catch (IllegalArgumentException e) {
      problems.put(field, e.getMessage());
      return null;
    }
  }

  private void refuseIfAny() {
    if (problems.isEmpty()) {
      return;
    }
    Refusal refusal =
        Refusal.of(
            Refusal.Category.INVALID,
            "request.invalid",
            "the request is not well-formed: "
                + problems.entrySet().stream()
                    .map(p -> p.getKey() + ": " + p.getValue())
                    .collect(Collectors.joining("; ")));
    for (Map.Entry<String, String> problem : problems.entrySet()) {
      refusal = refusal.fact(problem.getKey(), problem.getValue());
    }
    throw refusal.toException();
  }
}
