package org.hospes.node.hypervisor;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The hypervisor could not do what was asked, with the facts. */
public class HypervisorException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Whose fault, and so what to do. */
  public enum Kind {
    /** The hypervisor does not answer; to be asked again later. */
    UNREACHABLE("hypervisor.unreachable", true),
    /** There is no such guest. */
    NOT_FOUND("hypervisor.guest.absent", false),
    /** Something else stands where the guest should be; it was left alone. */
    CONFLICT("hypervisor.guest.conflict", false),
    /** The hypervisor does not take the specification. */
    REFUSED("hypervisor.refused", false),
    /** The machine has not enough left. */
    NO_CAPACITY("hypervisor.capacity", true),
    /** What was asked cannot be told here; the caller must take it for a no. */
    UNKNOWABLE("hypervisor.unknowable", false),
    /** The hypervisor failed at something it took on. */
    FAILED("hypervisor.failed", true);

    private final String code;
    private final boolean worthRepeating;

    Kind(String code, boolean worthRepeating) {
      this.code = code;
      this.worthRepeating = worthRepeating;
    }

    /** Stable and dotted, for faults and metrics. */
    public String code() {
      return code;
    }

    /** Whether the same call may succeed later. */
    public boolean worthRepeating() {
      return worthRepeating;
    }
  }

  private final Kind kind;

  @SuppressWarnings("serial") // a LinkedHashMap of strings
  private final Map<String, String> facts;

  public HypervisorException(Kind kind, String message) {
    this(kind, message, Map.of(), null);
  }

  public HypervisorException(
      Kind kind, String message, Map<String, String> facts, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
  }

  public Kind kind() {
    return kind;
  }

  /** Names and values: the guest, the call, libvirt's own error number and so on. */
  public Map<String, String> facts() {
    return facts;
  }
}
