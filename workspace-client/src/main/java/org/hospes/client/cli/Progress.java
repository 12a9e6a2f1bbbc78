package org.hospes.client.cli;

import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar on standard error while a person looks, otherwise nothing. */
final class Progress implements AutoCloseable {
  private static final int WIDTH = 80;

  private final PrintStream err;
  private final boolean personWatches;
  private ProgressBar bar;
  private String task = "";

  Progress(Surroundings around) {
    this.err = around.err();
    this.personWatches = around.personWatches();
  }

  /** Shows how far a task is; another task begins another bar. */
  void at(String name, long done, long total) {
    if (!personWatches || total <= 0) {
      return;
    }
    if (!name.equals(task)) {
      close();
      task = name;
      bar =
          new ProgressBarBuilder()
              .setTaskName(name)
              .setInitialMax(total)
              .setUnit("MiB", 1 << 20)
              .showSpeed()
              .setStyle(ProgressBarStyle.ASCII)
              .setConsumer(new ConsoleProgressBarConsumer(err, WIDTH))
              .build();
    }
    bar.stepTo(Math.min(done, total));
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
      task = "";
    }
  }
}
