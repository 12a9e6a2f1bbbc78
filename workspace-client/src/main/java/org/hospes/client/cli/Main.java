package org.hospes.client.cli;

import java.time.Clock;
import java.util.Map;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** Starts the command. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    Surroundings surroundings =
        new Surroundings(
            Map.copyOf(System.getenv()),
            java.nio.file.Path.of(System.getProperty("user.home")),
            System.in,
            System.out,
            System.err,
            Terminal.isOn(0),
            Terminal.isOn(1),
            Terminal.isOn(2),
            Clock.systemUTC());
    System.exit(WorkspaceCommand.line(surroundings).execute(arguments));
  }
}
