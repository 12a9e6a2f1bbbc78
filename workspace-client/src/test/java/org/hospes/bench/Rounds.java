package org.hospes.bench;

import java.util.ArrayList;
import java.util.List;

/** What was measured, and what stood beside it, round by round. For one thread. */
final class Rounds {
  private final List<Double> values = new ArrayList<>();
  private final List<Double> besides = new ArrayList<>();

  /** Adds a round and says it, so that a reader sees how far the rounds lie apart. */
  void add(String name, double value, double beside) {
    values.add(value);
    besides.add(beside);
    System.err.printf("  %s round %d: %.3f beside %.3f%n", name, values.size(), value, beside);
  }

  double value() {
    return median(values);
  }

  double beside() {
    return median(besides);
  }

  double ratio() {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      ratios.add(values.get(i) / besides.get(i));
    }
    return median(ratios);
  }

  static double median(List<Double> of) {
    if (of.isEmpty()) {
      throw new IllegalStateException("nothing was measured");
    }
    List<Double> sorted = of.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
