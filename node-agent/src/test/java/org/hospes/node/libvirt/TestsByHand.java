package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.io.PrintWriter;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Runs classes of tests on a machine without Maven: {@code TestsByHand CLASS[#METHOD]...}. */
public final class TestsByHand {
  private TestsByHand() {}

  /** Exits with 0 when at least one test ran and all of them passed. */
  @SuppressWarnings("SystemOut")
  public static void main(String[] classes) {
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    Launcher launcher = LauncherFactory.create();
    launcher.execute(
        LauncherDiscoveryRequestBuilder.request()
            .selectors(
                Stream.of(classes)
                    .map(name -> name.contains("#") ? selectMethod(name) : selectClass(name))
                    .toList())
            .build(),
        summary,
        new TestExecutionListener() {
          private final Map<String, Long> began = new HashMap<>();

          @Override
          public void executionStarted(TestIdentifier test) {
            began.put(test.getUniqueId(), System.nanoTime());
          }

          @Override
          public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (test.isTest()
                || test.getSource().filter(ClassSource.class::isInstance).isPresent()) {
              long seconds = (System.nanoTime() - began.get(test.getUniqueId())) / 1_000_000_000;
              System.out.println(
                  test.getDisplayName() + " " + result.getStatus() + " " + seconds + " s");
            }
          }
        });
    summary.getSummary().printFailuresTo(new PrintWriter(System.out, true, UTF_8), 30);
    long passed = summary.getSummary().getTestsSucceededCount();
    long found = summary.getSummary().getTestsFoundCount();
    System.out.println(passed + " of " + found + " passed");
    System.exit(passed > 0 && passed == found ? 0 : 1);
  }
}
