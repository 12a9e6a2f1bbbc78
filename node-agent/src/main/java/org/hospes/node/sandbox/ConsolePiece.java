package org.hospes.node.sandbox;

/**
 * A piece of a guest's console.
 *
 * @param offset of the first byte; larger than asked when older output was dropped
 * @param ended no more will ever come after it
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares consoles
public record ConsolePiece(long offset, byte[] bytes, boolean ended) {}
