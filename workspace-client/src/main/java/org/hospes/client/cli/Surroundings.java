package org.hospes.client.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;

/**
 * What the command finds around it.
 *
 * @param personReads whether standard output is a terminal
 * @param personWatches whether standard error is a terminal, so that a progress bar makes sense
 */
record Surroundings(
    Map<String, String> environment,
    Path home,
    PrintStream out,
    PrintStream err,
    boolean personReads,
    boolean personWatches,
    Clock clock) {

  boolean coloured() {
    return personReads && !environment.containsKey("NO_COLOR");
  }
}
