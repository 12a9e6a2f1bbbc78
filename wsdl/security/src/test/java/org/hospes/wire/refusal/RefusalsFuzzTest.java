package org.hospes.wire.refusal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.hospes.contract.common.FaultCategory;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a server answers instead of what it was asked for, its caller learns a refusal. */
class RefusalsFuzzTest {
  static Stream<byte[]> answers() {
    return Stream.of(
        Refusals.toBytes(
            RefusalException.of(FaultCategory.CONFLICT, "token.reused", "taken before")
                .advice("use another")
                .fact("token", "a\u0001b")),
        "<html><body>502</body></html>".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
  }

  @MethodSource("answers")
  @FuzzTest(maxDuration = "60s")
  void anyAnswerIsARefusal(byte[] body) {
    RefusalException refusal = Refusals.fromHttp(503, body);
    assertNotNull(refusal.category());
    assertNotNull(refusal.code());
    assertNotNull(refusal.getMessage());
    RefusalException again = Refusals.fromHttp(503, Refusals.toBytes(refusal));
    assertEquals(refusal.code().strip(), again.code().strip());
    assertEquals(refusal.category(), again.category());
  }
}
