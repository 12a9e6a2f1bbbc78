package org.hospes.node.libvirt;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.nio.file.Path;

/**
 * As much of Xen's own libraries as a live save takes: libxenlight (libxl.h), libxenctrl
 * (xenctrl.h) and what they log by, libxentoollog. Not for the agent's own process: libxenlight
 * starts programs, and takes the signals of their ends for itself.
 */
final class XenLibrary {
  /** The Xen that this was tried with. What these functions take is promised by no other. */
  static final String VERSION = "4.17";

  private static final String LIGHT = "libxenlight.so." + VERSION;
  private static final String CONTROL = "libxenctrl.so." + VERSION;
  private static final String LOG = "libxentoollog.so.1";

  /** {@code XTL_DEBUG}: that a guest stands still is told on no other level. */
  private static final int ALL = 1;

  /** {@code XTL_STDIOSTREAM_PROGRESS_NO_CR}. */
  private static final int LINES = 020;

  /** {@code LIBXL_SUSPEND_LIVE}. */
  private static final int LIVE = 2;

  /** {@code XEN_DOMCTL_SHADOW_OP_OFF}. */
  private static final int OFF = 0;

  private static final int O_WRONLY = 01;
  private static final int O_APPEND = 02000;
  private static final int O_NOFOLLOW = 0400000;

  private final NativeLibrary light = NativeLibrary.getInstance(LIGHT);
  private final NativeLibrary control = NativeLibrary.getInstance(CONTROL);
  private final NativeLibrary c = NativeLibrary.getInstance("c");
  private final Pointer log;
  private final Pointer context;

  /** Opens them; what they have to say goes to standard error, a line each. */
  XenLibrary() {
    Pointer errors = c.getGlobalVariableAddress("stderr").getPointer(0);
    log =
        NativeLibrary.getInstance(LOG)
            .getFunction("xtl_createlogger_stdiostream")
            .invokePointer(new Object[] {errors, ALL, LINES});
    PointerByReference made = new PointerByReference();
    int failed = light.getFunction("libxl_ctx_alloc").invokeInt(new Object[] {made, 0, 0, log});
    if (failed != 0) {
      throw new IllegalStateException("Xen's library cannot be opened: " + failed);
    }
    context = made.getValue();
  }

  /** Whether this machine has them. */
  static boolean isHere() {
    try {
      NativeLibrary.getInstance(LIGHT).getFunction("libxl_domain_suspend");
      NativeLibrary.getInstance(CONTROL).getFunction("xc_shadow_control");
      NativeLibrary.getInstance(LOG).getFunction("xtl_createlogger_stdiostream");
      return true;
    } catch (UnsatisfiedLinkError e) {
      return false;
    }
  }

  /**
   * Writes a domain's memory behind what is in this file, the domain running on until the last of
   * it. When this is true all is written, and the domain stands still, suspended.
   */
  boolean save(int domain, Path file) {
    int descriptor =
        c.getFunction("open")
            .invokeInt(new Object[] {file.toString(), O_WRONLY | O_APPEND | O_NOFOLLOW, 0});
    if (descriptor < 0) {
      throw new IllegalStateException(file + " cannot be opened");
    }
    try {
      return light
              .getFunction("libxl_domain_suspend")
              .invokeInt(new Object[] {context, domain, descriptor, LIVE, null})
          == 0;
    } finally {
      c.getFunction("close").invokeInt(new Object[] {descriptor});
    }
  }

  /** Has a domain that was suspended go on where it stands; of another it is not true. */
  boolean goOn(int domain) {
    return light
            .getFunction("libxl_domain_resume")
            .invokeInt(new Object[] {context, domain, 1, null})
        == 0;
  }

  /** Has Xen no longer note which pages a domain writes. */
  boolean forgetWrites(int domain) {
    Pointer xen =
        control.getFunction("xc_interface_open").invokePointer(new Object[] {log, null, 0});
    return xen != null
        && control
                .getFunction("xc_shadow_control")
                .invokeInt(new Object[] {xen, domain, OFF, null, 0})
            == 0;
  }
}
