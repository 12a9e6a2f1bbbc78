package org.hospes.trust.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.hospes.settings.Problem;
import org.hospes.settings.Problems;
import org.hospes.trust.path.DistinguishedName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The grid-mapfile as sites write it. */
class GridMapfileTest {
  private final Problems problems = new Problems();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"/DC=org/DC=hospes/CN=Ada Physicist\" demo | /DC=org/DC=hospes/CN=Ada Physicist | demo",
        "/DC=org/CN=ada   .atlas | /DC=org/CN=ada | .atlas",
        "\"/DC=org/CN=Ada\"\tdemo,other  # her accounts | /DC=org/CN=Ada | demo",
        "\"/DC=org/CN=host/node1.example.org\" nodes | /DC=org/CN=host/node1.example.org | nodes",
        "\"/O=Grid/CN=Ren\\xC3\\xA9\" demo | /O=Grid/CN=René | demo",
        "\"/O=Grid/CN=A \\\"quoted\\\" name\" demo | /O=Grid/CN=A \"quoted\" name | demo",
        "\"/O=Grid/CN=Ada/E=ada@example.org\" demo | /O=Grid/CN=Ada/emailAddress=ada@example.org | demo",
        "\"/O=Grid/CN=Ada/Email=ada@example.org\" demo | /O=Grid/CN=Ada/emailAddress=ada@example.org | demo",
        "\"/O=Grid/USERID=ada/CN=Ada\" demo | /O=Grid/UID=ada/CN=Ada | demo",
        "\"/O=Grid/CN=Ada # 7\" demo | /O=Grid/CN=Ada # 7 | demo",
      })
  void findsTheAccount(String line, String dn, String account) {
    GridMapfile map = GridMapfile.parse("# the people\n\n" + line + "\r\n", "map", problems);
    assertEquals(List.of(), problems.list());
    assertEquals(1, map.size());
    assertEquals(Optional.of(account), map.account(new DistinguishedName(dn)));
  }

  @Test
  void theFirstLineOfANameCounts() {
    GridMapfile map = GridMapfile.parse("/O=G/CN=a one\n/O=G/CN=a two\n", "map", problems);
    assertEquals(Optional.of("one"), map.account(new DistinguishedName("/O=G/CN=a")));
  }

  @Test
  void aStrangerHasNoAccount() {
    GridMapfile map = GridMapfile.parse("/O=G/CN=a one\n", "map", problems);
    assertEquals(Optional.empty(), map.account(new DistinguishedName("/O=G/CN=A")));
  }

  @Test
  void tellsEveryLineThatCannotBeRead() {
    GridMapfile map =
        GridMapfile.parse(
            "/O=G/CN=good demo\n"
                + "\"/O=G/CN=open demo\n"
                + "/O=G/CN=alone\n"
                + "/O=G/CN=Two Words demo\n"
                + "no-name demo\n",
            "etc/grid-mapfile",
            problems);
    assertEquals(1, map.size());
    assertEquals(List.of(2, 3, 4, 5), problems.list().stream().map(Problem::line).toList());
    assertTrue(problems.list().get(0).toString().startsWith("etc/grid-mapfile:2: "));
  }
}
