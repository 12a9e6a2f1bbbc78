package org.hospes.trust.caller;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.util.List;
import org.hospes.settings.Problems;
import org.hospes.trust.path.DistinguishedName;

/** Whatever one line of a grid-mapfile is, it says nothing about the others. */
class GridMapfileFuzzTest {
  private static final String ADA = "\"/DC=org/DC=hospes/CN=Ada of one line\" ada";
  private static final DistinguishedName ADAS_NAME =
      new DistinguishedName("/DC=org/DC=hospes/CN=Ada of one line");

  @FuzzTest(maxDuration = "60s")
  void noLineReachesIntoAnother(byte[] bytes) {
    Problems problems = new Problems();
    GridMapfile alone = GridMapfile.parse(bytes, "fuzz", problems);
    long lines = new String(bytes, UTF_8).lines().count();
    assertTrue(alone.size() + problems.list().size() <= lines, () -> alone.size() + " names");
    boolean listed = !alone.accounts(ADAS_NAME).isEmpty();

    Problems behind = new Problems();
    GridMapfile last = GridMapfile.parse(joined(bytes, "\n" + ADA), "fuzz", behind);
    assertEquals(problems.list(), behind.list());
    assertEquals(alone.size() + (listed ? 0 : 1), last.size());
    assertEquals(listed ? alone.accounts(ADAS_NAME) : List.of("ada"), last.accounts(ADAS_NAME));
    assertFalse(last.account(ADAS_NAME).orElseThrow().isBlank());

    GridMapfile first =
        GridMapfile.parse(joined((ADA + "\n").getBytes(UTF_8), bytes), "fuzz", new Problems());
    assertEquals(List.of("ada"), first.accounts(ADAS_NAME));
  }

  private static byte[] joined(byte[] bytes, String text) {
    return joined(bytes, text.getBytes(UTF_8));
  }

  private static byte[] joined(byte[] one, byte[] other) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(one);
    all.writeBytes(other);
    return all.toByteArray();
  }
}
