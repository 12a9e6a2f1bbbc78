package org.hospes.trust.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A CA with a file that cannot be read, or that the library for such files throws at. */
class UnreadableAuthorityTest {
  private static final byte[] NO_ATTRIBUTE =
      "TO Issuer \"/C=XX/NO_SUCH=A\" DENY Subject \"x\"\n".getBytes(StandardCharsets.US_ASCII);

  @TempDir Path dir;

  /** What may stand under a file's name; who is root may read everything else. */
  enum Instead {
    FOLDER {
      @Override
      void put(Path file) throws IOException {
        Files.createDirectory(file);
      }
    },
    TOO_LARGE {
      @Override
      void put(Path file) throws IOException {
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
          sparse.setLength((256L << 20) + 1);
        }
      }
    },
    LINK_TO_NOWHERE {
      @Override
      void put(Path file) throws IOException {
        Files.createSymbolicLink(file, file.resolveSibling("nowhere"));
      }
    },
    LINK_TO_A_DEVICE {
      @Override
      void put(Path file) throws IOException {
        Files.createSymbolicLink(file, Path.of("/dev/zero"));
      }
    };

    abstract void put(Path file) throws IOException;
  }

  @ParameterizedTest
  @MethodSource
  void whatCannotBeReadCostsItsOwnPeopleAlone(Instead instead, String suffix) throws Exception {
    TestPki pki = TestPki.create(dir);
    Credential ada = pki.user("Ada Physicist");
    TestPki other = pki.otherCa();
    Credential theirs = other.named("/DC=org/DC=other/CN=Neighbour");
    other.installInto(pki.caDirectory());
    // Beside each file another of its kind that allows as much or more.
    Files.copy(other.crlFile(), pki.caDirectory().resolve(other.hash() + ".r1"));
    Path file = pki.caDirectory().resolve(other.hash() + suffix);
    Path kept = dir.resolve("kept");
    try (CertificateDirectory paths = pki.validator()) {
      assertEquals("/DC=org/DC=other/CN=Neighbour", name(paths, theirs));
      if (Files.exists(file)) {
        Files.move(file, kept);
      }
      instead.put(file);
      assertTrue(paths.refresh());
      assertLeftOut(paths, file);
      assertEquals("/DC=org/DC=hospes/CN=Ada Physicist", name(paths, ada));
      assertEquals(List.of("path.ca.unreadable"), problems(paths, theirs));
      assertFalse(paths.refresh(), "it is as it was");
    }
    try (CertificateDirectory paths = pki.validator()) {
      assertLeftOut(paths, file);
      assertEquals("/DC=org/DC=hospes/CN=Ada Physicist", name(paths, ada), "after a restart, too");
      assertEquals(List.of("path.ca.unreadable"), problems(paths, theirs));
      Files.delete(file);
      if (Files.exists(kept)) {
        Files.move(kept, file);
      }
      assertTrue(paths.refresh());
      assertEquals(List.of(), paths.unreadable());
      assertEquals("/DC=org/DC=other/CN=Neighbour", name(paths, theirs));
    }
  }

  static Stream<Arguments> halfWritten() {
    String namespaces = "TO Issuer \"/DC=org/DC=other/CN=Other CA\" \\\n  PERMIT";
    return Stream.of(
        Arguments.of(".0", "-----BEGIN CERTIFICATE-----\nMIIB"),
        Arguments.of(".0", ""),
        Arguments.of(".signing_policy", ""),
        Arguments.of(".signing_policy", "access_id_CA X509"),
        Arguments.of(".namespaces", ""),
        Arguments.of(".namespaces", namespaces));
  }

  /** As somebody finds it who reads while another copies; a good signing policy stands beside. */
  @ParameterizedTest
  @MethodSource("halfWritten")
  void whatIsHalfWrittenCountsAsUnreadable(String suffix, String text) throws Exception {
    TestPki pki = TestPki.create(dir);
    TestPki other = pki.otherCa();
    Credential theirs = other.named("/DC=org/DC=other/CN=Neighbour");
    other.installInto(pki.caDirectory());
    Path file = pki.caDirectory().resolve(other.hash() + suffix);
    Files.writeString(file, text);
    try (CertificateDirectory paths = pki.validator()) {
      assertEquals(List.of("path.ca.unreadable"), problems(paths, theirs));
      assertEquals(1, paths.unreadable().size());
      assertTrue(paths.unreadable().get(0).contains(file.getFileName() + ": "));
      assertEquals(1, paths.anchors().size());
    }
  }

  static Stream<Arguments> whatCannotBeReadCostsItsOwnPeopleAlone() {
    return Stream.concat(
        Stream.of(".0", ".r0", ".signing_policy", ".namespaces")
            .map(suffix -> Arguments.of(Instead.FOLDER, suffix)),
        Stream.of(Instead.TOO_LARGE, Instead.LINK_TO_NOWHERE, Instead.LINK_TO_A_DEVICE)
            .map(instead -> Arguments.of(instead, ".r0")));
  }

  private static void assertLeftOut(CertificateDirectory paths, Path file) {
    assertEquals(1, paths.anchors().size());
    assertEquals(Optional.empty(), paths.problem(), "the directory itself can be read");
    assertEquals(1, paths.unreadable().size(), () -> paths.unreadable().toString());
    String said = paths.unreadable().get(0);
    assertTrue(said.contains(file.getFileName() + ": it is "), said);
    assertTrue(paths.warnings().contains(said));
  }

  @Test
  void aRefusalNamesTheFile() throws Exception {
    TestPki pki = TestPki.create(dir);
    Credential ada = pki.user("Ada Physicist");
    Path policy = pki.caDirectory().resolve(pki.hash() + ".signing_policy");
    pki.dropSigningPolicy();
    Instead.LINK_TO_NOWHERE.put(policy);
    try (CertificateDirectory paths = pki.validator()) {
      String told = refusal(paths, ada).getMessage();
      assertTrue(told.contains("/DC=org/DC=hospes/CN=Test CA"), told);
      assertTrue(told.contains(policy.getFileName() + ": it is a link to nowhere"), told);
    }
  }

  @Test
  void aCaThatWasTakenOutIsUnknownWhateverIsLeftOfIt() throws Exception {
    TestPki pki = TestPki.create(dir);
    Credential ada = pki.user("Ada Physicist");
    pki.dropCrl();
    Instead.LINK_TO_NOWHERE.put(pki.crlFile());
    pki.dropCa();
    try (CertificateDirectory paths = pki.validator()) {
      assertEquals(List.of("path.ca.unknown"), problems(paths, ada));
    }
  }

  @Test
  void nobodyPassesThroughACaThatIsLeftOut() throws Exception {
    TestPki pki = TestPki.create(dir);
    TestPki below = pki.subordinateCa("Below", null);
    below.install();
    Credential eve = below.user("Eve");
    pki.writeNamespaces("/DC=org/DC=hospes/.*");
    try (CertificateDirectory paths = pki.validator()) {
      assertEquals("/DC=org/DC=hospes/CN=Eve", name(paths, eve));
      Instead.FOLDER.put(pki.caDirectory().resolve(below.hash() + ".namespaces"));
      assertTrue(paths.refresh());
      assertEquals(List.of("path.ca.unreadable"), problems(paths, eve));
    }
    // What the CA above may sign bounds the one below, which is an anchor by itself.
    Files.delete(pki.caDirectory().resolve(below.hash() + ".namespaces"));
    Files.delete(pki.caDirectory().resolve(pki.hash() + ".namespaces"));
    Instead.FOLDER.put(pki.caDirectory().resolve(pki.hash() + ".namespaces"));
    try (CertificateDirectory paths = pki.validator()) {
      Credential alone = new Credential(List.of(eve.leaf()), eve.key(), "without her CA");
      assertEquals(List.of("path.ca.unreadable"), problems(paths, alone));
      assertEquals(List.of("path.ca.unreadable"), problems(paths, eve));
      assertEquals(List.of("path.ca.unreadable"), problems(paths, pki.user("Ada")));
    }
  }

  @Test
  void itsRevocationsOfCasBelowItCountAllTheSame() throws Exception {
    TestPki pki = TestPki.create(dir);
    TestPki below = pki.subordinateCa("Below", null);
    below.install();
    Credential eve = below.user("Eve");
    pki.revoke(below);
    Instead.FOLDER.put(pki.caDirectory().resolve(pki.hash() + ".namespaces"));
    try (CertificateDirectory paths = pki.validator()) {
      assertEquals("path.revoked", refusal(paths, eve).code());
    }
  }

  @Test
  void costsItsOwnPeopleAndNobodyElses() throws Exception {
    TestPki pki = TestPki.create(dir);
    Credential ada = pki.user("Ada Physicist");
    TestPki other = pki.otherCa();
    other.installInto(pki.caDirectory());
    Credential theirs = other.named("/DC=org/DC=other/CN=Neighbour");
    Path namespaces = pki.caDirectory().resolve(other.hash() + ".namespaces");
    try (CertificateDirectory paths = pki.validator()) {
      assertEquals(2, paths.anchors().size());
      Files.write(namespaces, NO_ATTRIBUTE);
      assertTrue(paths.refresh());
      assertEquals(1, paths.anchors().size());
      assertEquals("/DC=org/DC=hospes/CN=Ada Physicist", name(paths, ada));
      assertEquals(List.of("path.ca.unreadable"), problems(paths, theirs));
      assertTrue(paths.unreadable().get(0).contains(other.hash() + ".namespaces"));
      Files.delete(namespaces);
      assertTrue(paths.refresh());
      assertEquals("/DC=org/DC=other/CN=Neighbour", name(paths, theirs));
    }
    Files.write(namespaces, NO_ATTRIBUTE);
    try (CertificateDirectory paths = pki.validator()) {
      assertEquals("/DC=org/DC=hospes/CN=Ada Physicist", name(paths, ada), "after a restart, too");
    }
  }

  private static UntrustedPathException refusal(CertificateDirectory paths, Credential whose) {
    return assertThrows(UntrustedPathException.class, () -> name(paths, whose));
  }

  private static List<String> problems(CertificateDirectory paths, Credential whose) {
    return refusal(paths, whose).problems().stream().map(PathProblem::code).toList();
  }

  private static String name(CertificateDirectory paths, Credential whose)
      throws UntrustedPathException {
    return paths.validate(whose.chain()).endEntity().slash();
  }
}
