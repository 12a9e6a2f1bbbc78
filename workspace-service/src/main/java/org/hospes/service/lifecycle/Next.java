package org.hospes.service.lifecycle;

import java.time.Duration;

/** When a workspace should be looked at again. */
sealed interface Next {
  /** At once: something was moved, and the next step may be due. */
  record Now() implements Next {}

  /** Soon, and less soon each time, counted from the step's beginning: a node is working on it. */
  record Poll() implements Next {}

  /** After that time, or earlier when something happens. */
  record After(Duration delay) implements Next {}

  /** Later and later: it went wrong in a way that may pass; refused when the node answered so. */
  record Retry(boolean refused) implements Next {}

  /** Never: it has ended. */
  record Never() implements Next {}

  static Next now() {
    return new Now();
  }

  static Next poll() {
    return new Poll();
  }

  static Next after(Duration delay) {
    return new After(delay);
  }

  static Next retry() {
    return new Retry(false);
  }

  static Next retryAfterRefusal() {
    return new Retry(true);
  }

  static Next never() {
    return new Never();
  }
}
