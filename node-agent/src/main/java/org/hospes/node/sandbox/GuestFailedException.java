package org.hospes.node.sandbox;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.hospes.image.ImageRefusedException;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.imagecache.CacheException;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.Failure.Category;
import org.hospes.node.journal.HandOver;
import org.hospes.node.network.NetworkRefusedException;

/** A call or a hook that did not work, with what to tell the service. */
public final class GuestFailedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Failure failure;
  private final boolean worthRepeating;

  public GuestFailedException(Failure failure, boolean worthRepeating, Throwable cause) {
    super(failure.code() + ": " + failure.message(), cause);
    this.failure = failure;
    this.worthRepeating = worthRepeating;
  }

  /** A failure that will be the same the next time. */
  public static GuestFailedException refused(Failure failure) {
    return new GuestFailedException(failure, false, null);
  }

  static GuestFailedException absent(UUID id) {
    return refused(
        Failure.of(Category.NOT_FOUND, "guest.absent", "no such guest on this node")
            .fact("workspace", id.toString()));
  }

  static GuestFailedException handedOver(UUID id, HandOver papers) {
    return refused(
        Failure.of(
                Category.CONFLICT,
                "guest.handed-over",
                "the guest is handed over to another node, and nothing is done with it here")
            .advice("have it taken back first")
            .fact("workspace", id.toString())
            .fact("to", papers.to())
            .fact("wish", papers.wish()));
  }

  static GuestFailedException of(HypervisorException e) {
    Category category =
        switch (e.kind()) {
          case NO_CAPACITY -> Category.NO_CAPACITY;
          case CONFLICT -> Category.CONFLICT;
          case NOT_FOUND -> Category.NOT_FOUND;
          default -> Category.SITE;
        };
    Failure failure =
        new Failure(category, e.kind().code(), e.getMessage(), Optional.empty(), e.facts());
    // A guest that vanished between two hooks is started anew.
    boolean again = e.kind().worthRepeating() || e.kind() == HypervisorException.Kind.NOT_FOUND;
    return new GuestFailedException(failure, again, e);
  }

  static GuestFailedException of(NetworkRefusedException e) {
    Category category =
        switch (e.kind()) {
          case NO_CAPACITY -> Category.NO_CAPACITY;
          case TAKEN -> Category.CONFLICT;
          case INVALID -> Category.INVALID;
          case SITE -> Category.SITE;
        };
    return new GuestFailedException(
        new Failure(category, e.code(), e.getMessage(), e.advice(), e.facts()),
        e.kind() == NetworkRefusedException.Kind.SITE,
        e);
  }

  static GuestFailedException of(ImageRefusedException e) {
    return new GuestFailedException(failure(e), false, e);
  }

  /** A refusal of an image as the service hears it. */
  static Failure failure(ImageRefusedException e) {
    Map<String, String> facts = new LinkedHashMap<>(e.facts());
    return new Failure(Category.IMAGE_REFUSED, e.code(), e.getMessage(), e.advice(), facts);
  }

  static GuestFailedException of(CacheException e) {
    Category category = e.kind() == CacheException.Kind.FULL ? Category.NO_CAPACITY : Category.SITE;
    return new GuestFailedException(
        Failure.of(category, e.kind().code(), e.getMessage()),
        e.kind() == CacheException.Kind.FETCH,
        e);
  }

  public Failure failure() {
    return failure;
  }

  /** Whether the same may work later. */
  public boolean worthRepeating() {
    return worthRepeating;
  }
}
