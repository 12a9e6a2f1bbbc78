package org.hospes.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Measures, and appends each figure as a line of JSON to a file.
 *
 * <pre>Main RESULTS COMMIT SCRATCH FIGURE...</pre>
 *
 * SCRATCH is an empty folder in memory; FIGURE is soap, stage, receipts, handover, deploy, or xen;
 * the last two need a site, as packaging/lab/bench-site.sh raises it.
 */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws Exception {
    Path results = Path.of(arguments[0]);
    String commit = arguments[1];
    Path scratch = Path.of(arguments[2]);
    boolean brief = Boolean.getBoolean("bench.brief");
    for (String wanted : List.of(arguments).subList(3, arguments.length)) {
      Path folder = Files.createDirectories(scratch.resolve(wanted));
      for (Figure figure : measure(wanted, folder, brief)) {
        String line = figure.json(commit, Instant.now());
        System.out.println(line);
        Files.writeString(
            results, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      }
    }
  }

  private static List<Figure> measure(String wanted, Path folder, boolean brief) throws Exception {
    return switch (wanted) {
      case "soap" ->
          new SoapRate(
                  brief ? 3 : 7,
                  Duration.ofSeconds(brief ? 10 : 120),
                  Duration.ofSeconds(brief ? 5 : 30),
                  Duration.ofSeconds(brief ? 4 : 8))
              .measure(folder, javaOptions());
      case "stage" ->
          new StageRate(brief ? 3 : 7, brief ? 1 : 3, (brief ? 256L : 1024L) << 20)
              .measure(folder, javaOptions());
      case "receipts" ->
          new ReceiptsRate(brief ? 1 : 3, brief ? 20_000 : 1_000_000, brief ? 2_000 : 100_000)
              .measure(folder);
      case "handover" ->
          new HandOverRate(brief ? 3 : 15, (brief ? 64L : 256L) << 20).measure(folder);
      case "deploy" ->
          new DeployTime(brief ? 3 : 15, brief ? 2 : 5, Duration.ofMinutes(2))
              .measure(System.getenv(), images(""));
      // In emulation a round takes half a minute, and needs no warm-up but the first, in which the
      // image is fetched.
      case "xen" ->
          new DeployTime(brief ? 1 : 5, 1, Duration.ofMinutes(10))
              .measure(System.getenv(), images(System.getProperty("bench.suffix", "")));
      default -> throw new IllegalArgumentException("unknown figure: " + wanted);
    };
  }

  /** The site's image, and its large one, if it has one. */
  private static List<DeployTime.Image> images(String suffix) {
    List<DeployTime.Image> images = new ArrayList<>();
    images.add(new DeployTime.Image(suffix, System.getProperty("bench.image"), Optional.empty()));
    String large = System.getProperty("bench.image.1g", "");
    if (!large.isBlank()) {
      Path cache = Path.of(System.getProperty("bench.cache"));
      images.add(new DeployTime.Image(".1g", large, Optional.of(cache)));
    }
    return images;
  }

  /** The server's Java gets what this one was told about cryptography. */
  private static List<String> javaOptions() {
    List<String> options = new ArrayList<>(List.of("-Xmx512m"));
    String jdkOnly = System.getProperty("hospes.crypto.jdk-only");
    if (jdkOnly != null) {
      options.add("-Dhospes.crypto.jdk-only=" + jdkOnly);
    }
    String extra = System.getProperty("bench.server.options", "");
    if (!extra.isBlank()) {
      options.addAll(List.of(extra.trim().split(" +")));
    }
    return options;
  }
}
