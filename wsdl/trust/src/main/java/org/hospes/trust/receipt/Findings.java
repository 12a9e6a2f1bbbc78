package org.hospes.trust.receipt;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Collects findings from several threads, of each file no more than people read. */
final class Findings {
  private static final int MOST_OF_A_FILE = 100;

  private final List<AuditFinding> list = new ArrayList<>();
  private final Map<String, Integer> ofFile = new HashMap<>();

  synchronized void add(AuditFinding finding) {
    if (ofFile.merge(finding.file() + finding.kind(), 1, Integer::sum) <= MOST_OF_A_FILE) {
      list.add(finding);
    }
  }

  void altered(String file, long line, String what, Object expected, Object found) {
    add(AuditFinding.Kind.ALTERED, file, line, what, expected, found);
  }

  void notShown(String file, long line, String what, Object expected, Object found) {
    add(AuditFinding.Kind.NOT_SHOWN, file, line, what, expected, found);
  }

  void note(String file, long line, String what, Object found) {
    add(AuditFinding.Kind.NOTE, file, line, what, "", found);
  }

  private void add(
      AuditFinding.Kind kind, String file, long line, String what, Object expected, Object found) {
    add(new AuditFinding(kind, file, line, what, expected.toString(), found.toString()));
  }

  /** Adds a finding unless the two are the same. */
  boolean same(String file, long line, String what, Object expected, Object found) {
    if (expected.equals(found)) {
      return true;
    }
    altered(file, line, what, expected, found);
    return false;
  }

  /** Everything, the worst first, with a line for what was left out. */
  synchronized List<AuditFinding> all() {
    List<AuditFinding> all = new ArrayList<>(list);
    ofFile.forEach(
        (key, count) -> {
          if (count > MOST_OF_A_FILE) {
            AuditFinding last =
                list.stream()
                    .filter(f -> key.equals(f.file() + f.kind()))
                    .findFirst()
                    .orElseThrow();
            all.add(
                new AuditFinding(
                    last.kind(),
                    last.file(),
                    Long.MAX_VALUE,
                    "more of this kind",
                    "none",
                    (count - MOST_OF_A_FILE) + " more"));
          }
        });
    all.sort(AuditFinding.ORDER);
    return all;
  }
}
