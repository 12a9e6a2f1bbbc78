package org.hospes.node.libvirt;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.libvirt.Error;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;

/** Libvirt's errors in the node's own terms. */
final class LibvirtErrors {
  private LibvirtErrors() {}

  /**
   * @param doing what was asked, as in "start guest 8d0e..."
   */
  static HypervisorException translate(String doing, LibvirtException e) {
    return translate(doing, e.getError(), e.getMessage(), e);
  }

  /** The same of a call that libvirt-java does not bind. */
  static HypervisorException translate(String doing, Error error) {
    return translate(doing, error, error.getMessage(), null);
  }

  private static HypervisorException translate(
      String doing, Error error, String message, LibvirtException cause) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("doing", doing);
    if (error != null) {
      facts.put("libvirt.code", String.valueOf(error.getCode()));
      facts.put("libvirt.part", String.valueOf(error.getDomain()));
    }
    facts.put("libvirt.message", String.valueOf(message));
    return new HypervisorException(
        kind(error, String.valueOf(message)),
        "libvirt cannot " + doing + ": " + message,
        facts,
        cause);
  }

  static boolean isAbsent(LibvirtException e) {
    return number(e) == ErrorNumber.VIR_ERR_NO_DOMAIN;
  }

  static boolean isUnsupported(LibvirtException e) {
    ErrorNumber number = number(e);
    return number == ErrorNumber.VIR_ERR_NO_SUPPORT
        || number == ErrorNumber.VIR_ERR_INVALID_ARG
        || number == ErrorNumber.VIR_ERR_ARGUMENT_UNSUPPORTED
        || number == ErrorNumber.VIR_ERR_OPERATION_UNSUPPORTED;
  }

  /** Weights need the processor controller of the control groups, which a machine may not give. */
  static boolean isMissingControlGroup(LibvirtException e) {
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    return message.contains("cgroup") || message.contains("cpu tuning");
  }

  /**
   * Libvirt is not done with an earlier domain of the same name and UUID; there is no code for it.
   */
  static boolean isSettling(LibvirtException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("is already being removed")
        || message.contains("is already active")
        || message.contains("is already being started");
  }

  static ErrorNumber number(LibvirtException e) {
    return number(e.getError());
  }

  private static ErrorNumber number(Error error) {
    return error == null ? ErrorNumber.VIR_ERR_UNKNOWN : error.getCode();
  }

  private static Kind kind(Error error, String message) {
    if (message.contains("Cannot allocate memory") || message.contains("No space left")) {
      return Kind.NO_CAPACITY;
    }
    if (message.contains("already exists with uuid")) {
      return Kind.CONFLICT;
    }
    return switch (number(error)) {
      case VIR_ERR_NO_DOMAIN -> Kind.NOT_FOUND;
      case VIR_ERR_DOM_EXIST -> Kind.CONFLICT;
      case VIR_ERR_NO_MEMORY -> Kind.NO_CAPACITY;
      case VIR_ERR_XML_ERROR,
          VIR_ERR_XML_DETAIL,
          VIR_ERR_XML_INVALID_SCHEMA,
          VIR_ERR_CONFIG_UNSUPPORTED,
          VIR_ERR_INVALID_ARG,
          VIR_ERR_INVALID_MAC,
          VIR_ERR_OS_TYPE,
          VIR_ERR_ARGUMENT_UNSUPPORTED,
          VIR_ERR_CPU_INCOMPATIBLE ->
          Kind.REFUSED;
      case VIR_ERR_RPC,
          VIR_ERR_NO_CONNECT,
          VIR_ERR_INVALID_CONN,
          VIR_ERR_AUTH_FAILED,
          VIR_ERR_NO_SERVER ->
          Kind.UNREACHABLE;
      default -> Kind.FAILED;
    };
  }
}
