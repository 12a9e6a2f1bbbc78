package org.hospes.wire.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PartsTest {
  private final List<String> ended = new ArrayList<>();

  @Test
  void theLastOneIsEndedFirstAndNoneIsForgottenForAnother() {
    Parts parts = new Parts();
    parts.keep(() -> ended.add("database"));
    parts.keep(
        () -> {
          ended.add("broken");
          throw new IllegalStateException("it does not end well");
        });
    parts.keep(() -> ended.add("server"));
    parts.close();
    parts.close();
    assertEquals(List.of("server", "broken", "database"), ended);
  }
}
