package org.hospes.wire.ops;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a program fares.
 *
 * @param parts name of each part and what it says of itself, in order
 */
public record Health(boolean ok, Map<String, String> parts) {
  public Health {
    parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
  }
}
