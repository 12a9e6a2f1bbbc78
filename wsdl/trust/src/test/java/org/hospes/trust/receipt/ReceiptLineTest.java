package org.hospes.trust.receipt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReceiptLineTest {
  private static final String HASH = "0123456789abcdef".repeat(4);

  private static Receipt receipt(String requester) {
    return receipt(requester, Optional.empty());
  }

  private static Receipt receipt(String requester, Optional<String> asker) {
    return new Receipt(
        UUID.fromString("01234567-89ab-cdef-0123-456789abcdef"),
        1,
        Hashes.NOTHING,
        "/DC=org/CN=node1.example.org",
        Instant.parse("2026-11-20T12:00:00.120Z"),
        UUID.fromString("11234567-89ab-cdef-0123-456789abcdef"),
        2,
        new Receipt.Image(
            HASH,
            Optional.of(HASH),
            "cms",
            "/CN=Bob",
            HASH,
            List.of("/CN=Carla"),
            Optional.empty(),
            Optional.of(HASH)),
        Receipt.Origin.STATE,
        List.of(
            new Receipt.StateFile("overlay", 0, HASH), new Receipt.StateFile("memory", 12, HASH)),
        HASH,
        Optional.empty(),
        requester,
        Optional.of("demo"),
        Optional.of(HASH),
        asker,
        "/CN=service",
        Instant.parse("2026-11-20T11:59:59Z"));
  }

  @Test
  void isWrittenAsTheFormatHasIt() {
    String expected =
        "{'receipt':1,'chain':'01234567-89ab-cdef-0123-456789abcdef','seq':1,'previous':'ZERO',"
            + "'node':'/DC=org/CN=node1.example.org','at':'2026-11-20T12:00:00.120Z',"
            + "'workspace':'11234567-89ab-cdef-0123-456789abcdef','boot':2,'image':{'sha256':'HASH',"
            + "'manifest':'HASH','form':'cms','signer':'/CN=Bob','signerCertificate':'HASH',"
            + "'endorsers':['/CN=Carla'],'rule':null,'policy':'HASH'},'from':'state',"
            + "'state':[{'name':'overlay','bytes':0,'sha256':'HASH'},"
            + "{'name':'memory','bytes':12,'sha256':'HASH'}],'definition':'HASH','seed':null,"
            + "'requester':'/CN=Ada','vo':'demo','request':'HASH','service':'/CN=service',"
            + "'verifiedAt':'2026-11-20T11:59:59.000Z'}";
    assertEquals(
        expected.replace('\'', '"').replace("HASH", HASH).replace("ZERO", Hashes.NOTHING),
        new String(receipt("/CN=Ada").line(), UTF_8));
  }

  @Test
  void whoSignedTheMessageStandsBehindItWhereThatIsKnown() throws Exception {
    Receipt receipt = receipt("/CN=Ada", Optional.of("/CN=Olga"));
    String line = new String(receipt.line(), UTF_8);
    String before = new String(receipt("/CN=Ada").line(), UTF_8);
    assertEquals(before.replace(",\"service\":", ",\"asker\":\"/CN=Olga\",\"service\":"), line);
    assertEquals(receipt, ReceiptLine.read(receipt.line()));
    byte[] empty = line.replace("\"/CN=Olga\"", "null").getBytes(UTF_8);
    assertThrows(MalformedLineException.class, () -> ReceiptLine.read(empty));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/CN=Ada",
        "/CN=a\"quote",
        "/CN=back\\slash",
        "/CN=tab\there",
        "/CN=\u0000\u001f\u007f",
        "/CN=M\u00fcller \u65e5\u672c \ud83d\ude00",
        "",
        "/CN=\\u0041"
      })
  void isReadAsItWasWritten(String name) throws Exception {
    Receipt receipt = receipt(name);
    assertEquals(receipt, ReceiptLine.read(receipt.line()));
    assertArrayEquals(receipt.line(), ((Receipt) ReceiptLine.read(receipt.line())).line());
  }

  @Test
  void halfACharacterCannotBeWritten() {
    assertThrows(IllegalArgumentException.class, () -> receipt("/CN=\ud83d").line());
  }

  /** Everything here says the same to a reader of JSON that is lenient. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "'seq':1|'seq':01",
        "'seq':1|'seq':1.0",
        "'seq':1|'seq':1e0",
        "'seq':1|'seq': 1",
        "'seq':1|'seq':+1",
        "'seq':1|'seq':1,'seq':1",
        "'seq':1|'se\\u0071':1",
        "'seq':1|'seq':'1'",
        "/CN=Ada|\\/CN=Ada",
        "/CN=Ada|\\u002fCN=Ada",
        "'boot':2,|'boot':2 ,",
        "12:00:00.120Z|12:00:00.12Z",
        "12:00:00.120Z|12:00:00.120+00:00",
        "12:00:00.120Z|12:00:00.1200Z",
        "01234567-89ab|01234567-89AB",
        "01234567-89ab|1234567-89ab",
        "'vo':'demo','request'|'request'",
        "'from':'state'|'from':'STATE'",
        "'rule':null|'rule':Null",
        "'endorsers':['/CN=Carla']|'endorsers':['/CN=Carla',]",
        "'bytes':0|'bytes':-0",
        "'bytes':0|'bytes':00",
        "{'receipt':1|{'receipt':2",
        "11:59:59.000Z'}|11:59:59.000Z'} ",
        "11:59:59.000Z'}|11:59:59.000Z'",
        "11:59:59.000Z'}|11:59:59.000Z','more':1}"
      })
  void isNotReadInAnyOtherForm(String change) throws Exception {
    String[] sides = change.replace('\'', '"').split("\\|", 2);
    String line = new String(receipt("/CN=Ada").line(), UTF_8);
    assertTrue(line.contains(sides[0]), line);
    ReceiptLine.read(line.getBytes(UTF_8));
    byte[] other = line.replace(sides[0], sides[1]).getBytes(UTF_8);
    assertThrows(MalformedLineException.class, () -> ReceiptLine.read(other));
  }

  @Test
  void namesTheByteThatIsWrong() {
    byte[] line = receipt("/CN=Ada").line();
    line[2] = 'R';
    MalformedLineException refusal =
        assertThrows(MalformedLineException.class, () -> ReceiptLine.read(line));
    assertEquals(0, refusal.column());
    byte[] hash = receipt("/CN=Ada").line();
    int at = new String(hash, UTF_8).indexOf(Hashes.NOTHING);
    hash[at + 3] = 'A';
    refusal = assertThrows(MalformedLineException.class, () -> ReceiptLine.read(hash));
    assertEquals(at, refusal.column());
    assertEquals("64 small hexadecimal digits", refusal.expected());
  }

  @Test
  void otherEncodingsThanUtf8AreRefused() {
    byte[] line = receipt("/CN=A\u00e9a").line();
    for (int i = 0; i < line.length; i++) {
      if (line[i] < 0) {
        line[i] = 'x';
        break;
      }
    }
    assertThrows(MalformedLineException.class, () -> ReceiptLine.read(line));
  }

  @Test
  void aPageIsWrittenWithItsRangeAndAllOfThemWithout() throws Exception {
    UUID id = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");
    String begin = "{\"excerpt\":1,\"workspace\":\"" + id + "\"";
    assertEquals(begin + "}", new String(Excerpt.all(id).line(), UTF_8));
    for (Excerpt page :
        List.of(
            Excerpt.all(id),
            new Excerpt(id, 0, Optional.of(1000L)),
            new Excerpt(id, 1000, Optional.of(2000L)),
            new Excerpt(id, 2000, Optional.empty()))) {
      assertEquals(page, ReceiptLine.read(page.line()));
    }
    for (String other :
        List.of(
            ",\"after\":0,\"to\":null}",
            ",\"after\":0}",
            ",\"to\":5}",
            ",\"after\":5,\"to\":5}",
            ",\"after\":5,\"to\":04}",
            ",\"after\":-1,\"to\":null}")) {
      assertThrows(
          MalformedLineException.class,
          () -> ReceiptLine.read((begin + other).getBytes(UTF_8)),
          other);
    }
  }

  @Test
  void aProofHasNoMoreStepsThanATreeHasLevels() throws Exception {
    Proof proof = new Proof(List.of(HASH, Hashes.NOTHING));
    assertEquals(proof, ReceiptLine.read(proof.line()));
    Proof deep = new Proof(java.util.Collections.nCopies(65, HASH));
    assertThrows(MalformedLineException.class, () -> ReceiptLine.read(deep.line()));
  }
}
