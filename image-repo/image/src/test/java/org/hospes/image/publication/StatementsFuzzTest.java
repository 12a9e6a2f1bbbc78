package org.hospes.image.publication;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;

class StatementsFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void whatIsNoStatementIsRefusedInOneWay(byte[] body) {
    try {
      PublicationStatement read = PublicationStatement.parse(body);
      assertNotNull(read.at());
    } catch (IllegalArgumentException e) {
      assertNotNull(e.getMessage());
    }
    try {
      SightStatement read = SightStatement.parse(body);
      assertNotNull(read.first());
    } catch (IllegalArgumentException e) {
      assertNotNull(e.getMessage());
    }
  }
}
