package org.hospes.wire.ops;

import java.util.stream.Collectors;

/** Health as one JSON object: {@code {"ok":true,"parts":{"database":"up"}}}. */
final class HealthJson {
  private HealthJson() {}

  static String write(Health health) {
    return health.parts().entrySet().stream()
        .map(part -> quoted(part.getKey()) + ":" + quoted(part.getValue()))
        .collect(Collectors.joining(",", "{\"ok\":" + health.ok() + ",\"parts\":{", "}}\n"));
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : String.valueOf(text).toCharArray()) {
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < 0x20) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }
}
