package org.hospes.node.hypervisor;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * Starts, ends and looks at guests on this node.
 *
 * <p>A guest is a domain whose UUID is the workspace id and that carries Hospes's metadata. Every
 * other domain of the machine is foreign: it is seen by {@link #foreign()}, and no call here
 * changes it, whatever id is given.
 *
 * <p>No guest outlives its first stop: domains are transient, and power-off, reboot and crash all
 * destroy them, so that nothing but this interface ever starts bytes.
 *
 * <p>Calls may come from any thread. They block until the hypervisor answered; a connection that
 * was lost (a restarted daemon) is opened anew by the next call, and running guests are not touched
 * by the loss. A daemon that hangs is a lost one: calls fail as {@link
 * HypervisorException.Kind#UNREACHABLE} within 40 seconds, and work again when it goes on.
 */
public interface Hypervisor extends AutoCloseable {

  /** What this hypervisor is and can do. Asked once at start; cheap afterwards. */
  Capabilities capabilities() throws HypervisorException;

  /**
   * Creates the guest's domain with its processors stopped: memory, disks and network device exist
   * when this returns, and not one instruction of the guest has run.
   *
   * <p>Idempotent: when the guest of this very specification exists already, its status is returned
   * as it stands, which may be {@link GuestState#RUNNING}: the caller decides what it means. After
   * an exception the domain may exist or not; {@link #inspect} tells.
   *
   * @throws HypervisorException {@link HypervisorException.Kind#CONFLICT} when a domain of this id
   *     or name exists that is foreign or was made from another specification (it is left alone),
   *     {@link HypervisorException.Kind#REFUSED} when the hypervisor does not take the
   *     specification
   */
  GuestStatus startPaused(GuestSpec spec) throws HypervisorException;

  /** SHA-256, hexadecimal, of the document by which {@link #startPaused} makes the domain. */
  String definition(GuestSpec spec);

  /**
   * The regular files and block devices that the guest's device model holds open now, whichever
   * name they go by today: what the guest will really read. Sorted by path.
   *
   * <p>Fails closed: where it cannot be told, an exception is thrown and never an empty list. A
   * hypervisor that holds no file at all ({@link Capabilities#holdsFiles()} is false) answers with
   * an empty list.
   *
   * @throws HypervisorException {@link HypervisorException.Kind#NOT_FOUND} when there is no such
   *     guest, {@link HypervisorException.Kind#UNKNOWABLE} when it cannot be told
   */
  List<OpenFile> openFiles(UUID id) throws HypervisorException;

  /**
   * Makes sure that guests can be held to these kinds of limits here, as {@link #limit} would. May
   * make and end a domain that executes nothing to find out.
   *
   * @throws HypervisorException {@link HypervisorException.Kind#REFUSED} when they cannot, saying
   *     why and what to do
   */
  void requireLimits(Set<Limit> kinds) throws HypervisorException;

  /**
   * Holds a guest, paused or running, to these limits from now on, and to no others. A guest that
   * was just created is held to none. The same again does nothing.
   *
   * @throws HypervisorException {@link HypervisorException.Kind#NOT_FOUND} when there is no such
   *     guest, {@link HypervisorException.Kind#REFUSED} when guests cannot be held to that here
   */
  void limit(UUID id, GuestLimits limits) throws HypervisorException;

  /**
   * What a guest is held to now: not what was once asked for, but what is said by the part that
   * holds it, be it the kernel, Xen or the device model. Where a part does not know such limits,
   * there is none. A disk that is less bounded than the others is what is told.
   *
   * @throws HypervisorException {@link HypervisorException.Kind#NOT_FOUND} when there is no such
   *     guest
   */
  GuestLimits limits(UUID id) throws HypervisorException;

  /**
   * Lets a paused guest run. On a running one it does nothing.
   *
   * @throws HypervisorException {@link HypervisorException.Kind#NOT_FOUND} when there is no such
   *     guest
   */
  void resume(UUID id) throws HypervisorException;

  /**
   * Has the processors of a running guest stand still; its memory and its devices stay. On a paused
   * one it does nothing.
   *
   * @throws HypervisorException {@link HypervisorException.Kind#NOT_FOUND} when there is no such
   *     guest
   */
  void suspend(UUID id) throws HypervisorException;

  /**
   * Writes a guest's memory, as it is when its processors stand still, into a file and ends the
   * guest. When this returns the file is whole and the domain gone. After an exception the guest
   * may run on or be gone, and the file may be cut off: {@link #inspect} and {@link #saved} tell.
   *
   * <p>With {@link Ability#LIVE} the guest runs on while most of it is written: what stands in the
   * file is written once and never altered, so that it can be read as it grows, and is nobody's but
   * the agent's from its first byte. One that was cut off, whoever was killed, leaves a guest that
   * runs, or that {@link #inspect} and {@link #list} let go on.
   *
   * <p>Without it, what was begun goes on when its caller is killed, or loses the connection: it is
   * the daemon that writes. {@link #saving} tells; the guest must not be saved anew meanwhile.
   *
   * @param memory absolute path; what is there is overwritten; its folder exists
   * @param abandoned true once nobody needs it any more: while the guest still runs, it is broken
   *     off then
   * @throws HypervisorException {@link HypervisorException.Kind#NOT_FOUND} when there is no such
   *     guest, {@link HypervisorException.Kind#UNREACHABLE} while it is {@link #saving} already
   */
  void save(UUID id, Path memory, BooleanSupplier abandoned) throws HypervisorException;

  /**
   * Whether the hypervisor is still at a {@link #save} of this guest whose caller is gone. As long
   * as it is, the file is that save's, {@link #inspect} says nothing of what will become of the
   * guest, and {@link #saved} nothing of the file.
   */
  boolean saving(UUID id) throws HypervisorException;

  /**
   * Since when the guest stood still that {@link #save} ended last, where that was later than it
   * was asked to. Empty where the guest stood still from the beginning, or nobody saw when.
   */
  default Optional<Instant> stoodStill(UUID id) {
    return Optional.empty();
  }

  /** Whether the file is of that guest and was written to its end. */
  boolean saved(UUID id, Path memory) throws HypervisorException;

  /**
   * Makes a memory that a hypervisor like this one saved on another node one of this node's: of
   * what that other node wrote, nothing decides how the domain will be made. What is in the file
   * besides is looked at as a stranger's, as far as the hypervisor's own tools would be at its
   * mercy. Cut off, it leaves a file that is no memory of anything.
   *
   * @return whether the file was changed; it is synced then
   * @throws HypervisorException {@link HypervisorException.Kind#REFUSED} when it is not what such a
   *     guest's memory looks like; expected and found are among the facts
   */
  boolean adopt(GuestSpec spec, Path memory) throws HypervisorException;

  /**
   * As {@link #startPaused}, with the memory that {@link #save} wrote instead of a boot. Of the
   * file nothing but the memory counts: the domain is made as the specification says. The file
   * stays as it is, and nothing more is read of it when this returns; on Xen the guest's device
   * model holds it open for reading until it ends, having got it from libvirtd.
   */
  GuestStatus restorePaused(GuestSpec spec, Path memory) throws HypervisorException;

  /**
   * Asks a running guest to power itself off, as a press of its power button does (ACPI, or Xen's
   * own word for it), and returns. Whether and when it does is the guest's own affair: {@link
   * #inspect} tells.
   *
   * @throws HypervisorException {@link HypervisorException.Kind#NOT_FOUND} when there is no such
   *     guest
   */
  void shutDown(UUID id) throws HypervisorException;

  /**
   * Ends the guest at once, as if its plug was pulled. When it returns the domain is gone and its
   * files are no longer held. On a guest that does not exist it does nothing.
   *
   * @throws HypervisorException {@link HypervisorException.Kind#CONFLICT} when the domain of this
   *     id is foreign
   */
  void destroy(UUID id) throws HypervisorException;

  /** The guest as it is now; empty when no domain of ours has this id. */
  Optional<GuestStatus> inspect(UUID id) throws HypervisorException;

  /**
   * How the last domain of this id ended, of a guest that is gone though nobody here ended it.
   * Waits for news that is on its way, two seconds at most, on Xen twenty. {@link GuestEnd#UNSEEN}
   * for what happened while this was not open, or had lost its connection.
   */
  GuestEnd howItEnded(UUID id);

  /** Every guest of ours, in the order of their names. */
  List<GuestStatus> list() throws HypervisorException;

  /** Every domain that is not ours, in the order of names; to be shown, never to be touched. */
  List<ForeignDomain> foreign() throws HypervisorException;

  /**
   * Output of the guest's serial console from a position in bytes since its first start. Output is
   * bounded: when older bytes were dropped the answer begins later than asked. Asking beyond the
   * end answers no bytes. Works for a guest that ended, as long as its console log is kept.
   *
   * @param offset 0 or more
   * @param maxBytes 1 or more; never more than 1 MiB is returned
   */
  ConsoleOutput readConsole(ConsoleSource source, long offset, int maxBytes)
      throws HypervisorException;

  /**
   * For how long nothing must have come of a guest that is gone until all that it said can be read:
   * what keeps its console is another program, which a busy machine may let wait.
   */
  default Duration consoleLag() {
    return Duration.ZERO;
  }

  /**
   * Opens the console of a guest that runs or stands still, to be read and typed on. It begins with
   * what the guest writes from now on, and on some hypervisors with what nobody has read yet.
   * Whether one may be open at a time, the caller sees to.
   *
   * @throws HypervisorException {@link HypervisorException.Kind#NOT_FOUND} when there is no such
   *     guest, {@link HypervisorException.Kind#REFUSED} when its console can only be read
   */
  ConsoleLine openConsole(UUID id) throws HypervisorException;

  /** Closes the connection; guests go on. */
  @Override
  void close();
}
