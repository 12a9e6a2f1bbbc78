package org.hospes.service.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hospes.service.admission.Accounts;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Problems;
import org.hospes.trust.caller.GridMapfile;

/** The grid-mapfile as admission asks it. */
final class MapfileAccounts {
  private MapfileAccounts() {}

  static Accounts load(Path file) throws InvalidSettingsException {
    Problems problems = new Problems();
    GridMapfile mapfile = read(file, problems);
    problems.throwIfAny();
    return mapfile::account;
  }

  static GridMapfile read(Path file, Problems problems) {
    try {
      return GridMapfile.parse(Files.readAllBytes(file), file.toString(), problems);
    } catch (IOException e) {
      problems.add(file.toString(), 0, "", "the grid-mapfile cannot be read: " + e);
      return GridMapfile.parse("", file.toString(), problems);
    }
  }
}
