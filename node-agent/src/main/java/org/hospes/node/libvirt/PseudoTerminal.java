package org.hospes.node.libvirt;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.regex.Pattern;
import org.hospes.node.hypervisor.ConsoleLine;
import org.hospes.node.hypervisor.GuestOwner;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pseudo-terminal that the hypervisor made for a guest's console, as libvirt names it. Opened
 * by the C library's own calls: Java cannot say that a terminal shall not become the controlling
 * one (by which a guest's end would end the agent), nor wait for one with a limit. Nor can
 * libvirt's streams: libvirtd serves a client five things at once, pieces of a stream included, and
 * does not hear one that has more under way, so that a guest that does not read costs the
 * connection.
 */
final class PseudoTerminal implements ConsoleLine {
  /** Of Linux on every architecture that runs Xen or KVM with 64 bits. */
  interface LibC extends Library {
    int open(String path, int flags) throws LastErrorException;

    int poll(Memory descriptors, long count, int millis) throws LastErrorException;

    long read(int descriptor, Memory into, long length) throws LastErrorException;

    long write(int descriptor, Memory from, long length) throws LastErrorException;

    int close(int descriptor) throws LastErrorException;
  }

  private static final Logger log = LoggerFactory.getLogger(PseudoTerminal.class);
  private static final LibC C = Native.load("c", LibC.class);
  private static final int READ_WRITE = 2;
  private static final int NO_CONTROLLING_TERMINAL = 0400;
  private static final int NON_BLOCKING = 04000;
  private static final int CLOSE_ON_EXEC = 02000000;
  private static final short READABLE = 1;
  private static final short WRITABLE = 4;
  private static final int INTERRUPTED = 4;
  private static final int GONE = 5;
  private static final int NOT_NOW = 11;

  private static final int MOST_MILLIS = 100;
  private static final int MOST_BYTES = 16 << 10;
  private static final Pattern PLACE = Pattern.compile("/dev/pts/\\d{1,9}");
  private static final int FIRST_MAJOR = 136;
  private static final int LAST_MAJOR = 143;

  private final int descriptor;
  private final ReadWriteLock use = new ReentrantReadWriteLock();
  private volatile boolean closed;
  private boolean shut;

  private PseudoTerminal(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * @param guest one that runs or stands still
   * @param owner whom the hypervisor's end of the terminal belongs to; root's on Xen
   * @throws HypervisorException REFUSED when the guest has none, or libvirt's is not the one that
   *     is found here under its name
   */
  static PseudoTerminal open(DomainFacts guest, Optional<GuestOwner> owner)
      throws HypervisorException {
    String path =
        guest
            .console()
            .filter(place -> PLACE.matcher(place).matches())
            .orElseThrow(
                () ->
                    refused(
                        guest,
                        guest.console().orElse("none"),
                        "its console can only be read; stop and start it to make one to type on"));
    try {
      requireTerminal(guest, path, owner.map(GuestOwner::uid).orElse(0));
      return new PseudoTerminal(
          C.open(path, READ_WRITE | NO_CONTROLLING_TERMINAL | NON_BLOCKING | CLOSE_ON_EXEC));
    } catch (IOException | LastErrorException e) {
      throw new HypervisorException(
          Kind.FAILED,
          "cannot open " + path + ", the console of guest " + guest.uuid() + ": " + e.getMessage(),
          Map.of("guest", guest.uuid(), "path", path),
          e);
    }
  }

  /** A libvirtd in another container than the agent numbers other terminals than are seen here. */
  private static void requireTerminal(DomainFacts guest, String path, int owner)
      throws IOException, HypervisorException {
    Map<String, Object> found = Files.readAttributes(Path.of(path), "unix:uid,rdev");
    long device = ((Number) found.get("rdev")).longValue();
    long major = (device >> 8) & 0xfff;
    if (major < FIRST_MAJOR || major > LAST_MAJOR || !found.get("uid").equals(owner)) {
      throw refused(
          guest,
          path,
          "that is not its console here: expected a terminal of user "
              + owner
              + ", found user "
              + found.get("uid"));
    }
  }

  private static HypervisorException refused(DomainFacts guest, String found, String why) {
    return new HypervisorException(
        Kind.REFUSED,
        "cannot open the console of guest " + guest.uuid() + ": " + why,
        Map.of("guest", guest.uuid(), "found", found),
        null);
  }

  @Override
  public int read(byte[] into) throws IOException {
    return use(
        READABLE,
        () -> {
          int most = Math.min(into.length, MOST_BYTES);
          Memory bytes = new Memory(most);
          int read = (int) C.read(descriptor, bytes, most);
          bytes.read(0, into, 0, Math.max(0, read));
          return read == 0 ? -1 : read;
        });
  }

  @Override
  public int type(byte[] bytes, int offset, int length) throws IOException {
    return use(
        WRITABLE,
        () -> {
          int most = Math.min(length, MOST_BYTES);
          Memory piece = new Memory(most);
          piece.write(0, bytes, offset, most);
          return (int) C.write(descriptor, piece, most);
        });
  }

  private interface Use {
    int now() throws LastErrorException;
  }

  /** What is used is not closed meanwhile: its number could be another file's the next moment. */
  private int use(short how, Use doing) throws IOException {
    use.readLock().lock();
    try {
      if (closed) {
        return -1;
      }
      short ready = await(how);
      if (ready == 0) {
        return 0;
      }
      return (ready & how) == 0 ? -1 : doing.now();
    } catch (LastErrorException e) {
      return switch (e.getErrorCode()) {
        case NOT_NOW, INTERRUPTED -> 0;
        case GONE -> -1;
        default -> throw new IOException("the guest's console: " + e.getMessage(), e);
      };
    } finally {
      use.readLock().unlock();
    }
  }

  /**
   * What the terminal is ready for; 0 for nothing yet. A guest that ended is ready for nothing
   * else.
   */
  private short await(short how) {
    Memory wanted = new Memory(8);
    wanted.setInt(0, descriptor);
    wanted.setShort(4, how);
    wanted.setShort(6, (short) 0);
    return C.poll(wanted, 1, MOST_MILLIS) == 0 ? 0 : wanted.getShort(6);
  }

  @Override
  public void close() {
    closed = true;
    use.writeLock().lock();
    try {
      if (!shut) {
        shut = true;
        C.close(descriptor);
      }
    } catch (LastErrorException e) {
      log.debug("closing a console: {}", e.getMessage());
    } finally {
      use.writeLock().unlock();
    }
  }
}
