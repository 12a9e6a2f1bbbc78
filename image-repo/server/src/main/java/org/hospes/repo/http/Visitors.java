package org.hospes.repo.http;

import jakarta.servlet.http.HttpServletRequest;
import org.hospes.repo.access.Visitor;

/** Who is behind a request. */
@FunctionalInterface
public interface Visitors {
  /** The end entity of the TLS session, and where it comes from. */
  Visitor of(HttpServletRequest request);
}
