package org.hospes.node.libvirt;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.EnumSet;
import java.util.Set;
import org.hospes.node.libvirt.LibvirtSettings.XenKind;

/**
 * The stream of Xen's library in a saved memory (docs/specs/libxl-migration-stream and
 * libxc-migration-stream of Xen), looked at before Xen's tools, which are root's in the first
 * domain, read it. It must be what those tools write themselves of such a guest that stands still:
 * one context of libxc and nothing besides. In it only records that a guest of this kind has, each
 * as long as it says and no longer than it can be; page and processor numbers within what the guest
 * has; reserved fields zero; and an end, which is the file's.
 *
 * <p>Refused therefore: states of emulators and what they would have written into the xenstore,
 * checkpoints, records to be verified, the old tools' own, optional ones, and those of the other
 * kind. What is <b>believed</b> of the other node are the bodies: the guest's memory and registers,
 * which Xen checks as it checks a guest's own hypercalls; which abilities of the processor the
 * guest may use (Xen takes none that this host lacks); its clock's offset and rate; and for PVH
 * what Xen keeps of its virtual interrupt controllers. A hole in the tools' or in Xen's reading of
 * these is open to another node of the site.
 */
final class XenStream {
  private static final long LIBXL = 0x4c69_6278_6c46_6d74L;
  private static final int LIBXL_VERSION = 2;
  private static final int LIBXL_CONTEXT = 1;
  private static final int LIBXL_END = 0;

  private static final long LIBXC_MARKER = -1;
  private static final int LIBXC = 0x5845_4e46;
  private static final int LIBXC_VERSION = 3;

  private static final int PAGE_SHIFT = 12;
  private static final int PAGE = 1 << PAGE_SHIFT;

  /** So many pages Xen's tools write in one record at most. */
  private static final int BATCH = 1024;

  /** Holes in a guest's addresses below 4 GiB push its memory up. */
  private static final long HOLES = 4L << 30;

  private static final long PFN = 0x000f_ffff_ffff_ffffL;
  private static final int BROKEN = 0xd;
  private static final int BLOB = 1 << 16;
  private static final int DEVICES = 1 << 20;
  private static final int HEAD = 8;

  /** Libxl's header and the head of its one record; libxc's headers. */
  private static final int LIBXL_BEGIN = 16 + HEAD;

  private static final int LIBXC_BEGIN = 40;

  /** Records of libxc, by their numbers. */
  private enum Kind {
    END(0),
    PAGE_DATA(1),
    PV_INFO(2),
    P2M_FRAMES(3),
    VCPU_BASIC(4),
    VCPU_EXTENDED(5),
    VCPU_XSAVE(6),
    SHARED_INFO(7),
    TSC_INFO(8),
    HVM_CONTEXT(9),
    HVM_PARAMS(10),
    VCPU_MSRS(12),
    STATIC_DATA_END(16),
    CPUID_POLICY(17),
    MSR_POLICY(18);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    static Kind of(int number) throws ForeignMemoryException {
      for (Kind kind : values()) {
        if (kind.number == number) {
          return kind;
        }
      }
      throw new ForeignMemoryException(
          "records of a guest that stands still", "record " + Integer.toUnsignedString(number));
    }
  }

  private static final Set<Kind> OF_PV =
      EnumSet.of(
          Kind.PV_INFO,
          Kind.P2M_FRAMES,
          Kind.VCPU_BASIC,
          Kind.VCPU_EXTENDED,
          Kind.VCPU_XSAVE,
          Kind.VCPU_MSRS,
          Kind.SHARED_INFO);
  private static final Set<Kind> OF_PVH = EnumSet.of(Kind.HVM_CONTEXT, Kind.HVM_PARAMS);

  /**
   * What the tools themselves write of a PVH guest: the pages that it shares with the xenstore, the
   * device model and the console; those by which programs could look into it, of which none is
   * started; and the table with which a processor begins.
   */
  private static final Set<Long> PARAMS = Set.of(1L, 5L, 6L, 12L, 17L, 27L, 28L, 29L);

  private final XenKind guest;
  private final int cpus;
  private final long pages;

  /**
   * @param memoryBytes what the guest has
   */
  XenStream(XenKind guest, int cpus, long memoryBytes) {
    this.guest = guest;
    this.cpus = cpus;
    this.pages = (memoryBytes + HOLES) >>> PAGE_SHIFT;
  }

  /**
   * Checks all of the file from there on.
   *
   * @throws ForeignMemoryException when it is not such a stream
   */
  void check(FileChannel file, long from) throws IOException {
    ByteBuffer libxl = XenSaveFile.read(file, from, 16);
    require("libxl's mark", LIBXL, libxl.getLong());
    require("version of libxl's stream", LIBXL_VERSION, libxl.getInt());
    require("options of libxl's stream", 0, libxl.getInt());
    long at = empty(file, from + 16, LIBXL_CONTEXT);
    at = libxc(file, at);
    at = empty(file, at, LIBXL_END);
    require("end of the file", at, file.size());
  }

  /** Whether a stream that Xen's tools began there was written to its end. */
  static boolean ends(FileChannel file, long from) throws IOException {
    try {
      long at = from + LIBXL_BEGIN + LIBXC_BEGIN;
      while (true) {
        ByteBuffer head = little(file, at, HEAD);
        boolean end = head.getInt() == Kind.END.number;
        long length = Integer.toUnsignedLong(head.getInt());
        at += HEAD + length + (-length & 7);
        if (end) {
          return empty(file, at, LIBXL_END) == file.size();
        }
      }
    } catch (ForeignMemoryException e) {
      return false;
    }
  }

  /** A record of libxl's, without a body. */
  private static long empty(FileChannel file, long at, int kind) throws IOException {
    ByteBuffer head = little(file, at, HEAD);
    require("record of libxl's stream", kind, Integer.toUnsignedLong(head.getInt()));
    require("its length", 0, Integer.toUnsignedLong(head.getInt()));
    return at + HEAD;
  }

  private long libxc(FileChannel file, long from) throws IOException {
    ByteBuffer image = XenSaveFile.read(file, from, 24);
    require("libxc's marker", LIBXC_MARKER, image.getLong());
    require("libxc's mark", LIBXC, image.getInt());
    require("version of libxc's stream", LIBXC_VERSION, image.getInt());
    require("options of libxc's stream", 0, image.getLong());
    ByteBuffer domain = little(file, from + 24, 16);
    require("kind of guest", guest == XenKind.PV ? 1 : 2, domain.getInt());
    require("size of pages", PAGE_SHIFT, domain.getShort());
    require("a reserved field", 0, domain.getShort());
    long at = from + 40;
    while (true) {
      ByteBuffer head = little(file, at, HEAD);
      Kind kind = Kind.of(head.getInt());
      int length = length(kind, head.getInt());
      body(file, kind, at + HEAD, length);
      long end = at + HEAD + length;
      ByteBuffer padding = XenSaveFile.read(file, end, -length & 7);
      at = end + padding.remaining();
      while (padding.hasRemaining()) {
        require("padding", 0, padding.get());
      }
      if (kind == Kind.END) {
        return at;
      }
    }
  }

  private int length(Kind kind, int told) throws ForeignMemoryException {
    boolean known = !OF_PV.contains(kind) && !OF_PVH.contains(kind);
    if (!known && !(guest == XenKind.PV ? OF_PV : OF_PVH).contains(kind)) {
      throw new ForeignMemoryException("records of a guest of kind " + guest, kind.name());
    }
    long least =
        switch (kind) {
          case END, STATIC_DATA_END -> 0;
          case PV_INFO -> 8;
          case SHARED_INFO -> PAGE;
          case TSC_INFO -> 24;
          case PAGE_DATA -> 16;
          default -> 8;
        };
    long most =
        switch (kind) {
          case PAGE_DATA -> 8L + BATCH * (8L + PAGE);
          case P2M_FRAMES -> 8 + (pages / (PAGE / 8) + 1) * 8;
          case VCPU_BASIC, VCPU_EXTENDED, VCPU_XSAVE, VCPU_MSRS, CPUID_POLICY, MSR_POLICY -> BLOB;
          case HVM_CONTEXT -> DEVICES;
          case HVM_PARAMS -> 8 + PARAMS.size() * 16L;
          default -> least;
        };
    within("length of " + kind, Integer.toUnsignedLong(told), least, most);
    return told;
  }

  private void body(FileChannel file, Kind kind, long at, int length) throws IOException {
    switch (kind) {
      case PAGE_DATA -> pageData(file, at, length);
      case P2M_FRAMES -> {
        ByteBuffer frames = little(file, at, 8);
        long first = Integer.toUnsignedLong(frames.getInt());
        long last = Integer.toUnsignedLong(frames.getInt());
        within("last page", last, first, pages);
        // A guest of 64 bits has 512 entries in a frame, one of 32 has 1024.
        long wide = 8 + (last / 512 + 1 - first / 512) * 8;
        long narrow = 8 + (last / 1024 + 1 - first / 1024) * 8;
        require("length of P2M_FRAMES", length == narrow ? narrow : wide, length);
      }
      case VCPU_BASIC, VCPU_EXTENDED, VCPU_XSAVE, VCPU_MSRS -> {
        ByteBuffer whose = little(file, at, 8);
        within("processor", Integer.toUnsignedLong(whose.getInt()), 0, cpus - 1L);
        require("a reserved field", 0, whose.getInt());
      }
      case HVM_PARAMS -> params(file, at, length);
      default -> {
        // Nothing in it says where anything is.
      }
    }
  }

  private void pageData(FileChannel file, long at, int length) throws IOException {
    ByteBuffer head = little(file, at, 8);
    int count = (int) within("pages", Integer.toUnsignedLong(head.getInt()), 1, BATCH);
    require("a reserved field", 0, head.getInt());
    ByteBuffer numbers = little(file, at + 8, count * 8);
    long whole = 0;
    while (numbers.hasRemaining()) {
      long entry = numbers.getLong();
      within("page", entry & PFN, 0, pages);
      require("a reserved field", 0, entry >>> 52 & 0xff);
      if (entry >>> 60 < BROKEN) {
        whole++;
      }
    }
    require("length of PAGE_DATA", 8 + count * 8L + whole * PAGE, length);
  }

  private void params(FileChannel file, long at, int length) throws IOException {
    ByteBuffer params = little(file, at, length);
    require("length of HVM_PARAMS", 8 + Integer.toUnsignedLong(params.getInt()) * 16, length);
    require("a reserved field", 0, params.getInt());
    while (params.hasRemaining()) {
      long index = params.getLong();
      if (!PARAMS.contains(index)) {
        throw new ForeignMemoryException(
            "parameters of a PVH guest", "parameter " + Long.toUnsignedString(index));
      }
      within("page", params.getLong() >>> (index == 12 ? PAGE_SHIFT : 0), 0, pages);
    }
  }

  private static ByteBuffer little(FileChannel file, long at, int length) throws IOException {
    return XenSaveFile.read(file, at, length).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void require(String what, long expected, long found)
      throws ForeignMemoryException {
    if (expected != found) {
      throw new ForeignMemoryException(what + ": " + expected, Long.toString(found));
    }
  }

  private static long within(String what, long found, long least, long most)
      throws ForeignMemoryException {
    if (found < least || found > most) {
      throw new ForeignMemoryException(
          what + ": " + least + " to " + most, Long.toUnsignedString(found));
    }
    return found;
  }
}
