package org.hospes.client;

/**
 * A piece of a guest's console.
 *
 * @param offset of the first byte; larger than asked when older output was dropped
 * @param ended no more will ever come
 */
public record ConsoleText(long offset, byte[] bytes, long nextOffset, boolean ended) {}
