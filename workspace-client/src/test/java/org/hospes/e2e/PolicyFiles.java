package org.hospes.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The files that say whom a site's parties trust, changed for a test and put back at its end. */
final class PolicyFiles implements AutoCloseable {
  private final Site site;
  private final Map<Path, String> before = new LinkedHashMap<>();

  PolicyFiles(Site site) {
    this.site = site;
  }

  /** Lets somebody publish, and look at what is published. */
  void addPublisher(String dn) throws Exception {
    Path access = site.config("image-repo", "repo-access.yaml");
    before.putIfAbsent(access, Files.readString(access));
    Site.replace(access, "publishers: [", "publishers: [\"" + dn + "\", ");
  }

  /** Lets somebody publish, and takes what they sign, everywhere. */
  void addBuilder(String dn) throws Exception {
    addPublisher(dn);
    for (Path policy : images()) {
      Site.replace(policy, "signers:\n", "signers:\n  - {dn: \"" + dn + "\", vos: [demo]}\n");
    }
  }

  /** Adds lines to every party's image policy. */
  void append(String lines) throws IOException {
    for (Path policy : images()) {
      Site.write(policy, Files.readString(policy) + lines);
    }
  }

  private List<Path> images() throws IOException {
    List<String> programs = new ArrayList<>(List.of("workspace-service", "image-repo"));
    programs.addAll(Site.NODES);
    List<Path> policies = new ArrayList<>();
    for (String program : programs) {
      Path policy = site.config(program, "image-policy.yaml");
      before.putIfAbsent(policy, Files.readString(policy));
      policies.add(policy);
    }
    return policies;
  }

  @Override
  public void close() throws IOException {
    for (Map.Entry<Path, String> one : before.entrySet()) {
      Site.write(one.getKey(), one.getValue());
    }
  }
}
