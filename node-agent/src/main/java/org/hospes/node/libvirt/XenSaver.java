package org.hospes.node.libvirt;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The process that saves one guest by Xen's library while that guest runs; {@link XenLiveSave}
 * starts it. Apart from the agent for what that library does with its process, and so that whoever
 * dies, somebody is left who lets the guest go on.
 *
 * <pre>
 * XenSaver save DOMAIN FILE    appends to FILE; 0: all is written, the domain stands still
 *                              1: it is not, and the domain goes on
 * XenSaver go-on DOMAIN        has one go on that an earlier save left standing
 * </pre>
 *
 * <p>It goes on with its save for as long as its standard input is open, and no longer.
 */
final class XenSaver {
  static final String SAVE = "save";
  static final String GO_ON = "go-on";

  static final int DONE = 0;

  /** The save failed; the domain was let go on. */
  static final int WENT_ON = 1;

  private static final long PAUSE_MILLIS = 100;

  /** Less than systemd leaves to the whole agent. */
  private static final long PARTING_SECONDS = 45;

  private final XenLibrary xen;
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile boolean saving;

  private XenSaver(XenLibrary xen) {
    this.xen = xen;
  }

  /** Exits as said above; 2 for anything else. */
  public static void main(String[] words) {
    int exit = new XenSaver(new XenLibrary()).run(List.of(words));
    // Without what else an end of Java takes: the guest stands still, and the agent waits for this.
    Runtime.getRuntime().halt(exit);
  }

  private int run(List<String> words) {
    int domain = Integer.parseInt(words.get(1));
    switch (words.get(0)) {
      case SAVE -> {
        return save(domain, Path.of(words.get(2)));
      }
      case GO_ON -> {
        return goOn(domain) ? DONE : WENT_ON;
      }
      default -> {
        return 2;
      }
    }
  }

  private int save(int domain, Path file) {
    saving = true;
    Thread watch = new Thread(this::breakOffWithTheAgent, "agent");
    watch.setDaemon(true);
    watch.start();
    // Told to end, it breaks off too, and ends once the guest goes on.
    Runtime.getRuntime().addShutdownHook(new Thread(this::breakOffAndWait, "end"));
    boolean whole = false;
    try {
      whole = xen.save(domain, file);
    } finally {
      saving = false;
      if (!whole) {
        spoil(file);
        goOn(domain);
      }
      over.countDown();
    }
    return whole ? DONE : WENT_ON;
  }

  /** Nothing that looks whole is left of a save that failed, however late. */
  private static void spoil(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(0);
      channel.force(true);
    } catch (IOException e) {
      // The agent takes it away.
    }
  }

  /** Both are tried: of a save that failed early the domain runs, and its writes are noted. */
  private boolean goOn(int domain) {
    boolean goes = xen.goOn(domain);
    return xen.forgetWrites(domain) && goes;
  }

  /** The agent never writes there: this ends when the agent has closed it, or is gone. */
  private void breakOffWithTheAgent() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is meant by it.
      }
    } catch (IOException e) {
      // Gone, too.
    }
    breakOff();
  }

  /** The program by which Xen's library writes is its child; without it the save fails. */
  private void breakOff() {
    while (saving) {
      ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void breakOffAndWait() {
    breakOff();
    try {
      if (!over.await(PARTING_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
