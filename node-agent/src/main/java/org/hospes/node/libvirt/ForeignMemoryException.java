package org.hospes.node.libvirt;

import java.io.IOException;

/** What is to be a guest's memory is none that this node goes on with. */
final class ForeignMemoryException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String expected;
  private final String found;

  ForeignMemoryException(String expected, String found) {
    super("expected " + expected + ", found " + found);
    this.expected = expected;
    this.found = found;
  }

  String expected() {
    return expected;
  }

  String found() {
    return found;
  }
}
