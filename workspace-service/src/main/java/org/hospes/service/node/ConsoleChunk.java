package org.hospes.service.node;

/**
 * A piece of a guest's console.
 *
 * @param offset of the first byte; larger than asked when older output was dropped
 * @param ended no more will ever come
 */
public record ConsoleChunk(long offset, byte[] bytes, long nextOffset, boolean ended) {
  public ConsoleChunk {
    bytes = bytes.clone();
  }

  @Override
  public byte[] bytes() {
    return bytes.clone();
  }

  /** The same, and more may come. */
  public ConsoleChunk toBeContinued() {
    return new ConsoleChunk(offset, bytes, nextOffset, false);
  }

  /** Nothing there, and nothing will come. */
  public static ConsoleChunk nothingMore(long offset) {
    return new ConsoleChunk(offset, new byte[0], offset, true);
  }
}
