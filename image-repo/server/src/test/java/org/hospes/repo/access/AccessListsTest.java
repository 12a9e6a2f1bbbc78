package org.hospes.repo.access;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.hospes.repo.refusal.RepositoryRefusal;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class AccessListsTest {
  private static final DistinguishedName BOB = new DistinguishedName("/DC=org/CN=Bob");

  @TempDir Path folder;

  @Test
  void nobodyMayAnythingByDefault() throws Exception {
    AccessLists lists = lists("{}");
    assertEquals("access.publish", refused(() -> lists.requirePublisher(bob())));
    assertEquals("access.retire", refused(() -> lists.requireRetirer(bob(), BOB)));
    assertEquals("access.read", refused(() -> lists.requireReader(bob())));
  }

  @Test
  void aPublisherReadsAndRetiresTheirOwn() throws Exception {
    AccessLists lists = lists("publishers: ['CN=Bob,DC=org']");
    assertDoesNotThrow(() -> lists.requirePublisher(bob()));
    assertDoesNotThrow(() -> lists.requireReader(bob()));
    assertDoesNotThrow(() -> lists.requireRetirer(bob(), BOB));
    assertEquals(
        "access.retire",
        refused(() -> lists.requireRetirer(bob(), new DistinguishedName("/DC=org/CN=Ann"))));
  }

  @Test
  void whoIsNoLongerAPublisherRetiresNothing() throws Exception {
    AccessLists lists = lists("readers: [/DC=org/CN=Bob]");
    assertEquals("access.retire", refused(() -> lists.requireRetirer(bob(), BOB)));
  }

  @Test
  void aStarIsEveryoneButNoProxyWithoutTheRights() throws Exception {
    AccessLists lists = lists("readers: ['*']\npublishers: [/DC=org/CN=Bob]");
    assertDoesNotThrow(() -> lists.requireReader(proxy(ProxyKind.LIMITED)));
    assertEquals("access.proxy", refused(() -> lists.requireReader(proxy(ProxyKind.INDEPENDENT))));
    assertEquals("access.proxy", refused(() -> lists.requireReader(proxy(ProxyKind.RESTRICTED))));
    assertEquals("access.proxy", refused(() -> lists.requirePublisher(proxy(ProxyKind.LIMITED))));
    assertDoesNotThrow(() -> lists.requirePublisher(proxy(ProxyKind.FULL)));
  }

  @Test
  void aMistakeIsToldWithItsLine() {
    InvalidSettingsException wrong =
        assertThrows(
            InvalidSettingsException.class, () -> lists("publishers:\n  - Bob\nreader: []"));
    assertEquals(true, wrong.getMessage().contains(":2: publishers"), wrong.getMessage());
    assertEquals(true, wrong.getMessage().contains(":3: reader"), wrong.getMessage());
  }

  private AccessLists lists(String yaml) throws Exception {
    return AccessLists.load(Files.writeString(folder.resolve("access.yaml"), yaml));
  }

  private static Visitor bob() {
    return proxy(ProxyKind.NONE);
  }

  private static Visitor proxy(ProxyKind kind) {
    return new Visitor(BOB, kind, "127.0.0.1:1", Optional.empty());
  }

  private static String refused(Executable call) {
    return assertThrows(RepositoryRefusal.class, call).code();
  }
}
