package org.hospes.wire.refusal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ConnectException;
import java.net.SocketTimeoutException;
import javax.net.ssl.SSLHandshakeException;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.common.Refusal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RefusalsTest {
  private static final RefusalException REFUSAL =
      RefusalException.of(FaultCategory.IMAGE_REFUSED, "image.signer.untrusted", "no")
          .advice("ask")
          .fact("signer", "/CN=Bob")
          .fact("nothing", null)
          .reference("abc");

  @Test
  void survivesTheWire() {
    RefusalException back = RefusalException.fromXml(REFUSAL.toXml());
    assertEquals(REFUSAL.category(), back.category());
    assertEquals(REFUSAL.code(), back.code());
    assertEquals(REFUSAL.getMessage(), back.getMessage());
    assertEquals(REFUSAL.advice(), back.advice());
    assertEquals(REFUSAL.reference(), back.reference());
    assertEquals(REFUSAL.facts(), back.facts());
    assertFalse(back.facts().containsKey("nothing"));
  }

  @Test
  void survivesHttp() {
    RefusalException back = Refusals.fromHttp(422, Refusals.toBytes(REFUSAL));
    assertEquals(REFUSAL.code(), back.code());
    assertEquals(REFUSAL.facts(), back.facts());
    assertEquals(FaultCategory.NOT_FOUND, Refusals.fromHttp(404, new byte[] {1, 2, 3}).category());
    assertEquals("http.502", Refusals.fromHttp(502, new byte[0]).code());
  }

  @Test
  void isFoundAmongTheCauses() {
    Throwable thrown = new IllegalStateException(new RuntimeException("x", REFUSAL));
    assertEquals(REFUSAL, Refusals.of(thrown).orElseThrow());
    assertTrue(Refusals.of(new IllegalStateException("a bug")).isEmpty());
    assertTrue(Refusals.stated(new ConnectException("refused")).isEmpty());
  }

  @Test
  void brokenConnectionsHaveTheirCategories() {
    assertEquals(
        FaultCategory.SITE, Refusals.of(new ConnectException("refused")).orElseThrow().category());
    assertEquals(
        FaultCategory.TIMED_OUT,
        Refusals.of(new RuntimeException(new SocketTimeoutException("read")))
            .orElseThrow()
            .category());
    assertEquals(
        FaultCategory.UNAUTHENTICATED,
        Refusals.of(new SSLHandshakeException("bad_certificate")).orElseThrow().category());
  }

  @Test
  void whatXmlCannotCarryIsReplaced() {
    Refusal xml = RefusalException.of(FaultCategory.SITE, "x", "a\u0000b\u001b[31m\ud800").toXml();
    assertEquals("a\ufffdb\ufffd[31m\ufffd", xml.getMessage());
  }

  @Test
  void anUnreadableRefusalIsTheSitesFailure() {
    RefusalException back = RefusalException.fromXml(new Refusal());
    assertEquals(FaultCategory.SITE, back.category());
    assertNotNull(back.getMessage());
  }

  @ParameterizedTest
  @EnumSource
  void everyCategoryHasAStatus(FaultCategory category) {
    int status = Refusals.httpStatus(category);
    assertTrue(status >= 400 && status < 600);
    assertEquals(category, Refusals.fromHttp(status, new byte[0]).category());
  }
}
