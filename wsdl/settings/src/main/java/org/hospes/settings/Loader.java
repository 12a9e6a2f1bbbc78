package org.hospes.settings;

/** Reads a value from its files, or says why they cannot be read. */
@FunctionalInterface
public interface Loader<T> {
  /**
   * Reads the value anew.
   *
   * @throws Exception when the files are missing or wrong; its message is for people and names the
   *     file
   */
  T load() throws Exception;
}
