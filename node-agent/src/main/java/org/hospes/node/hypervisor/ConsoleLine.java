package org.hospes.node.hypervisor;

import java.io.IOException;

/**
 * A guest's console, open to be read and typed on. While it is open somebody must read it: a
 * hypervisor that finds no room for what a guest writes has the guest wait. Output goes to the
 * console's log all the same. One thread may read while another types; closing is for any thread.
 */
public interface ConsoleLine extends AutoCloseable {
  /**
   * Waits for output, a tenth of a second at most.
   *
   * @return how many bytes there were; 0 when there was nothing in that time; -1 when the guest
   *     ended or this was closed
   */
  int read(byte[] into) throws IOException;

  /**
   * Types. Waits until the guest's side has room for some of it, a tenth of a second at most.
   *
   * @return how many of the bytes were taken, which may be 0; -1 when the guest ended or this was
   *     closed
   */
  int type(byte[] bytes, int offset, int length) throws IOException;

  /** Lets go of the console; the guest goes on. */
  @Override
  void close();
}
