package org.hospes.client.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;

/**
 * What the command finds around it.
 *
 * @param personTypes whether standard input is a terminal
 * @param personReads whether standard output is a terminal
 * @param personWatches whether standard error is a terminal, so that a progress bar makes sense
 */
record Surroundings(
    Map<String, String> environment,
    Path home,
    InputStream in,
    PrintStream out,
    PrintStream err,
    boolean personTypes,
    boolean personReads,
    boolean personWatches,
    Clock clock) {

  boolean coloured() {
    return personReads && !environment.containsKey("NO_COLOR");
  }
}
