package org.hospes.repo.catalogue;

/** A name and version that mean something already, or a name that belongs to another publisher. */
public final class NameTakenException extends Exception {
  private static final long serialVersionUID = 1L;

  NameTakenException(String label) {
    super(label + " is taken");
  }
}
