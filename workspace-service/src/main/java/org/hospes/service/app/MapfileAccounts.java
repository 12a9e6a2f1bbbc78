package org.hospes.service.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hospes.service.admission.Accounts;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Problems;

/** The grid-mapfile as admission asks it. */
final class MapfileAccounts {
  private MapfileAccounts() {}

  static Accounts load(Path file) throws InvalidSettingsException {
    Problems problems = new Problems();
    Accounts accounts = read(file, problems);
    problems.throwIfAny();
    return accounts;
  }

  static Accounts read(Path file, Problems problems) {
    try {
      return Accounts.parse(Files.readAllBytes(file), file.toString(), problems);
    } catch (IOException e) {
      problems.add(file.toString(), 0, "", "the grid-mapfile cannot be read: " + e);
      return Accounts.NONE;
    }
  }
}
