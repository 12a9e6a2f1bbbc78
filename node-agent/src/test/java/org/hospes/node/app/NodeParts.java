package org.hospes.node.app;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import org.hospes.image.verify.ImageVerifier;
import org.hospes.node.imagecache.ImageJudge;
import org.hospes.node.sandbox.AuditTrail;

/** Parts that the agent is put together of, for tests that put them together elsewhere. */
public final class NodeParts {
  private NodeParts() {}

  /** The node's own judge. */
  public static ImageJudge judge(ImageVerifier arrival, ImageVerifier boot) {
    return new VerifiedByPolicy(arrival, boot);
  }

  /** The node's own audit log. */
  public static AuditTrail auditLog(Path file, Clock clock) throws IOException {
    return new AuditLog(file, clock);
  }
}
