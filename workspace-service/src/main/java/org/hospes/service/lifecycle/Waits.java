package org.hospes.service.lifecycle;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.hospes.service.node.Guest;
import org.hospes.service.node.NodeRefusedException;
import org.hospes.service.node.NodeUnreachableException;

/**
 * How long a call may wait at a node for news. Who waits keeps one of the driver's threads and one
 * of the calls that a node is asked at once, so only so many wait, in all and at one node; the
 * others are answered at once and ask again later. Safe for many threads.
 */
final class Waits {
  private final Duration longest;
  private final int atOneNode;
  private final Semaphore all;
  private final Map<String, Semaphore> nodes = new ConcurrentHashMap<>();

  /** Asks a node, and lets it hold its answer back for so long. */
  interface Call {
    Guest within(Duration wait) throws NodeUnreachableException, NodeRefusedException;
  }

  Waits(Duration longest, int inAll, int atOneNode) {
    this.longest = longest;
    this.atOneNode = atOneNode;
    this.all = new Semaphore(inAll);
  }

  /** Calls a node, with no time to wait when others wait already. */
  Guest at(String node, Call call) throws NodeUnreachableException, NodeRefusedException {
    Semaphore here = nodes.computeIfAbsent(node, n -> new Semaphore(atOneNode));
    if (!here.tryAcquire()) {
      return call.within(Duration.ZERO);
    }
    try {
      if (!all.tryAcquire()) {
        return call.within(Duration.ZERO);
      }
      try {
        return call.within(longest);
      } finally {
        all.release();
      }
    } finally {
      here.release();
    }
  }
}
