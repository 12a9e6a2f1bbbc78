package org.hospes.repo.catalogue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.image.ImageReference;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.testpki.TestPki;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublicationBookTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private static final DistinguishedName BOB = new DistinguishedName("/DC=org/CN=Bob");
  private static final DistinguishedName ANN = new DistinguishedName("/DC=org/CN=Ann");

  @TempDir static Path pkiFolder;
  private static Credential signer;
  @TempDir Path store;
  private PublicationBook book;

  @BeforeAll
  static void makeSigner() {
    signer = TestPki.create(pkiFolder).user("Bob Builder");
  }

  @BeforeEach
  void open() throws IOException {
    book = reopen();
  }

  @Test
  void givesBackThePapersAsTheyCame() throws Exception {
    SignedImage papers = papers(1);
    Publication added = book.add(wanted("sl6", "1", BOB), papers);
    PublicationBook again = reopen();
    assertEquals(List.of(added), again.all());
    SignedImage found = again.papers(added);
    assertArrayEquals(papers.manifest(), found.manifest());
    assertArrayEquals(papers.signature(), found.signature());
    assertEquals(papers.chain(), found.chain());
    assertEquals(papers.form(), found.form());
  }

  @Test
  void aNameAndVersionIsTakenOnceAndANameByOnePublisher() throws Exception {
    book.add(wanted("sl6", "1", BOB), papers(1));
    assertThrows(NameTakenException.class, () -> book.add(wanted("sl6", "1", BOB), papers(2)));
    assertThrows(NameTakenException.class, () -> book.add(wanted("sl6", "2", ANN), papers(2)));
    book.add(wanted("other", "1", ANN), papers(2));
    assertEquals(Optional.of(BOB), reopen().owner("sl6"));
  }

  @Test
  void evenTheFileSystemRefusesAVersionTwice() throws Exception {
    PublicationBook other = reopen();
    book.add(wanted("sl6", "1", BOB), papers(1));
    // Another book on the same store, as two processes would have without the lock.
    assertThrows(IOException.class, () -> other.add(wanted("sl6", "1", BOB), papers(2)));
    assertArrayEquals(papers(1).manifest(), reopen().papers(book.all().get(0)).manifest());
  }

  @Test
  void keepsTheOrderOfPublishingOverARestart() throws Exception {
    for (String version : List.of("9", "10", "1")) {
      book.add(wanted("sl6", version, BOB), papers(1));
    }
    PublicationBook again = reopen();
    assertEquals(List.of("9", "10", "1"), again.all().stream().map(Publication::version).toList());
    assertEquals("1", again.find(ImageReference.parse("sl6")).orElseThrow().version());
    assertEquals(4, again.add(wanted("sl6", "2", BOB), papers(1)).sequence());
  }

  @Test
  void retiringIsKeptAndRepeatingItChangesNothing() throws Exception {
    Publication added = book.add(wanted("sl6", "1", BOB), papers(1));
    Publication retired = book.retire(added, new Publication.Retirement(NOW, ANN, "it has holes"));
    assertEquals(
        retired, book.retire(added, new Publication.Retirement(NOW.plusSeconds(9), BOB, "x")));
    assertEquals(List.of(retired), reopen().all());
    assertEquals(Optional.empty(), reopen().find(ImageReference.parse("sl6")));
    assertTrue(reopen().find(ImageReference.parse("sl6:1")).isPresent());
  }

  @Test
  void sweepsWhatACrashLeftHalfMade() throws Exception {
    Path half = Files.createDirectories(store.resolve("incoming/half"));
    Files.writeString(half.resolve("manifest.json"), "{");
    Files.createDirectories(store.resolve("names/sl6"));
    assertEquals(List.of(), reopen().all());
    assertFalse(Files.exists(half));
  }

  @Test
  void refusesToStartOnAnEntryThatCannotBeRead() throws Exception {
    Publication added = book.add(wanted("sl6", "1", BOB), papers(1));
    Path entry = store.resolve("names/sl6/1/entry.json");
    String good = Files.readString(entry);
    Files.writeString(entry, good.replace("\"sl6\"", "\"sl7\""));
    assertTrue(assertThrows(IOException.class, this::reopen).getMessage().contains("sl6"));
    Files.writeString(entry, "");
    assertThrows(IOException.class, this::reopen);
    Files.writeString(entry, good);
    assertEquals(List.of(added), reopen().all());
  }

  private PublicationBook reopen() throws IOException {
    return new PublicationBook(store.resolve("names"), store.resolve("incoming"));
  }

  private static Publication wanted(String name, String version, DistinguishedName publisher) {
    return new Publication(
        0,
        name,
        version,
        Digest.sha256Of(name.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
        Digest.sha256Of(version.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
        SignatureForm.CMS,
        BOB,
        publisher,
        512,
        NOW,
        Optional.empty());
  }

  private static SignedImage papers(int seed) {
    return new SignedImage(
        new byte[] {(byte) seed, '\r', '\n'},
        SignatureForm.CMS,
        new byte[] {0, (byte) seed},
        signer.chain());
  }
}
