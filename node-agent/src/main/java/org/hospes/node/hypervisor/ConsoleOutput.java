package org.hospes.node.hypervisor;

/**
 * A piece of console output, raw as the guest wrote it: terminal controls included.
 *
 * @param offset position of the first byte, counted from the guest's first start; larger than asked
 *     when older output was dropped
 * @param bytes what was written from there on; empty when there is nothing yet
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares consoles
public record ConsoleOutput(long offset, byte[] bytes) {

  /** The position to ask next. */
  public long nextOffset() {
    return offset + bytes.length;
  }
}
