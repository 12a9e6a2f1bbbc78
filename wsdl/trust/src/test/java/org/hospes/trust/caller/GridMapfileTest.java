package org.hospes.trust.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
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
        "\"/O=Grid/CN=Ada/E=ada@example.org\" demo | /O=Grid/CN=Ada/emailAddress=ada@example.org |"
            + " demo",
        "\"/O=Grid/CN=Ada/Email=ada@example.org\" demo |"
            + " /O=Grid/CN=Ada/emailAddress=ada@example.org | demo",
        "\"/O=Grid/USERID=ada/CN=Ada\" demo | /O=Grid/UID=ada/CN=Ada | demo",
        "\"/O=Grid/CN=Ada # 7\" demo | /O=Grid/CN=Ada # 7 | demo",
        "/O=Grid/CN=Ada\\ Physicist demo | /O=Grid/CN=Ada Physicist | demo",
        "/O=Grid/CN=Ren\\xC3\\xA9 demo | /O=Grid/CN=René | demo",
        "\"/O=Grid/CN=back\\\\slash\" demo | /O=Grid/CN=back\\\\slash | demo",
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
  void keepsEveryAccountInItsOrder() {
    GridMapfile map =
        GridMapfile.parse("\ufeff\"/O=G/CN=a b\" one, two,three # four\n", "map", problems);
    assertEquals(List.of(), problems.list());
    assertEquals(
        List.of("one", "two", "three"), map.accounts(new DistinguishedName("/O=G/CN=a b")));
    assertEquals(Optional.of("one"), map.account(new DistinguishedName("/O=G/CN=a b")));
  }

  @Test
  void aLineThatIsNoUtf8HarmsNoOther() {
    byte[] latin =
        "/O=G/CN=a one\n\"/O=G/CN=Ren\u00e9\" two\n".getBytes(StandardCharsets.ISO_8859_1);
    GridMapfile map = GridMapfile.parse(latin, "map", problems);
    assertEquals(List.of(2), problems.list().stream().map(Problem::line).toList());
    assertEquals(1, map.size());
    byte[] utf = "\"/O=G/CN=Ren\u00e9\" two\n".getBytes(StandardCharsets.UTF_8);
    Problems none = new Problems();
    assertEquals(
        Optional.of("two"),
        GridMapfile.parse(utf, "map", none).account(new DistinguishedName("/O=G/CN=Ren\u00e9")));
    assertEquals(List.of(), none.list());
  }

  @Test
  void neitherHangsNorBreaksOnAnything() {
    Random random = new Random(4);
    String letters = "\"\\/=+,# \tCNOx0\u00e9\ud83d\n";
    for (int round = 0; round < 20_000; round++) {
      StringBuilder text = new StringBuilder("/O=");
      for (int i = random.nextInt(40); i > 0; i--) {
        text.append(letters.charAt(random.nextInt(letters.length())));
      }
      GridMapfile map = GridMapfile.parse(text.toString(), "map", new Problems());
      assertTrue(map.size() <= 40);
    }
    GridMapfile.parse("/O=" + "a".repeat(100_000) + " demo", "map", problems);
    assertEquals(1, problems.list().size());
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
