package org.hospes.service.workspace;

/**
 * What a guest takes of its node.
 *
 * @param cpus virtual CPUs, at least one
 * @param memoryBytes more than nothing
 * @param scratchBytes size of the empty second disk; 0 for none
 */
public record Resources(int cpus, long memoryBytes, long scratchBytes) {
  public static final Resources NONE = new Resources(0, 0, 0);

  public Resources {
    if (cpus < 0 || memoryBytes < 0 || scratchBytes < 0) {
      throw new IllegalArgumentException("resources are never negative");
    }
  }

  /** The sum, field by field. */
  public Resources plus(Resources other) {
    return new Resources(
        Math.addExact(cpus, other.cpus),
        Math.addExact(memoryBytes, other.memoryBytes),
        Math.addExact(scratchBytes, other.scratchBytes));
  }
}
