package org.hospes.client;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.hospes.image.BootInformation;
import org.hospes.image.Digest;
import org.hospes.image.ImageRefusedException;
import org.hospes.image.Manifest;
import org.hospes.image.SignatureForm;
import org.hospes.image.SignedImage;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.image.manifest.ManifestMaker;
import org.hospes.image.signing.CmsSignatures;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.credential.CredentialException;
import org.hospes.trust.credential.PemCredentials;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.security.NativeCrypto;

/**
 * An image's papers as files beside it: {@code FILE.sha1} or {@code FILE.sha256} by openssl, or
 * {@code FILE.manifest} and {@code FILE.cms} by {@code workspace image sign}, and {@code
 * FILE.HEX.endorsement} for each who endorsed it.
 */
public final class ImagePapers {
  private static final String PEM_BEGIN = "-----BEGIN CMS-----";
  private static final String PEM_END = "-----END CMS-----";

  private static final String ENDORSEMENT = ".endorsement";
  private static final String ENDORSED = Pattern.quote(ENDORSEMENT);

  private ImagePapers() {}

  /** What signing wrote. */
  public record Signed(Path manifest, Path signature, Manifest content) {}

  /** Describes a disk, signs the description, and writes both beside the disk. */
  public static Signed sign(
      Path disk,
      NameVersion name,
      Optional<String> virtualOrganisation,
      BootInformation boot,
      Credential credential)
      throws IOException, ImageRefusedException, GeneralSecurityException {
    String signer = DistinguishedName.of(credential.leaf().getSubjectX500Principal()).slash();
    NativeCrypto.prefer();
    Manifest manifest =
        ManifestMaker.describe(
            disk, name.name(), name.version(disk), virtualOrganisation, boot, signer);
    byte[] bytes = ManifestFormat.write(manifest);
    byte[] cms = CmsSignatures.sign(bytes, credential);
    Path manifestFile = beside(disk, ".manifest");
    Path signatureFile = beside(disk, ".cms");
    Files.write(manifestFile, bytes);
    Files.writeString(signatureFile, pem(cms));
    return new Signed(manifestFile, signatureFile, manifest);
  }

  /**
   * Gathers the papers of a disk.
   *
   * @param signature empty: FILE.cms, FILE.sha256 or FILE.sha1, the first that is there
   * @param certificate of a classic signature's signer; empty: FILE.pem, or else {@code mine}
   * @param mine the person's own chain
   */
  public static SignedImage gather(
      Path disk,
      Optional<NameVersion> name,
      Optional<Path> signature,
      Optional<Path> certificate,
      ChainSource mine)
      throws IOException, ImageRefusedException, CredentialException {
    Path file = signature.isPresent() ? signature.get() : signatureBeside(disk);
    SignatureForm form = form(file);
    if (form == SignatureForm.CMS) {
      byte[] manifest = Files.readAllBytes(beside(disk, ".manifest"));
      byte[] cms = der(file, Files.readAllBytes(file));
      requireName(name, ManifestFormat.parse(manifest));
      return new SignedImage(
          manifest, form, cms, CmsSignatures.verify(manifest, cms), endorsements(disk));
    }
    List<X509Certificate> chain = signerChain(disk, certificate, mine);
    // The launcher leaves out the compiler that knows the processor's SHA instructions: the JDK's
    // own digests would take ten times as long.
    NativeCrypto.prefer();
    NameVersion called = name.orElseGet(() -> NameVersion.of(disk));
    Manifest manifest =
        ManifestMaker.describe(
            disk,
            called.name(),
            called.version(disk),
            Optional.empty(),
            BootInformation.OWN_LOADER,
            DistinguishedName.of(chain.get(0).getSubjectX500Principal()).slash());
    return new SignedImage(ManifestFormat.write(manifest), form, Files.readAllBytes(file), chain);
  }

  /** Where the signer's certificate comes from when no file holds it. */
  @FunctionalInterface
  public interface ChainSource {
    List<X509Certificate> chain() throws CredentialException;
  }

  /**
   * Endorses the signed manifest of a disk, in a file beside it.
   *
   * @return that file; an earlier one by the same person is replaced
   */
  public static Path endorse(Path disk, SignedImage image, Credential credential)
      throws IOException, GeneralSecurityException {
    String name = DistinguishedName.of(credential.leaf().getSubjectX500Principal()).slash();
    String hex = Digest.sha256Of(name.getBytes(StandardCharsets.UTF_8)).hex();
    Path file = beside(disk, "." + hex.substring(0, 8) + ENDORSEMENT);
    Files.writeString(file, pem(CmsSignatures.sign(image.manifest(), credential)));
    return file;
  }

  private static List<byte[]> endorsements(Path disk) throws IOException, ImageRefusedException {
    String stem = disk.getFileName() + ".";
    List<Path> files;
    try (Stream<Path> beside = Files.list(disk.toAbsolutePath().getParent())) {
      files =
          beside
              .filter(file -> isEndorsement(stem, file.getFileName().toString()))
              .sorted()
              .toList();
    }
    List<byte[]> endorsements = new ArrayList<>();
    for (Path file : files) {
      endorsements.add(der(file, Files.readAllBytes(file)));
    }
    return endorsements;
  }

  private static boolean isEndorsement(String stem, String name) {
    return name.startsWith(stem) && name.substring(stem.length()).matches("[0-9a-f]{8}" + ENDORSED);
  }

  private static List<X509Certificate> signerChain(
      Path disk, Optional<Path> certificate, ChainSource mine) throws CredentialException {
    if (certificate.isPresent()) {
      return PemCredentials.certificates(certificate.get());
    }
    Path besides = beside(disk, ".pem");
    return Files.exists(besides) ? PemCredentials.certificates(besides) : mine.chain();
  }

  private static void requireName(Optional<NameVersion> wished, Manifest manifest) {
    if (wished.isEmpty()) {
      return;
    }
    NameVersion name = wished.get();
    boolean same =
        name.name().equals(manifest.name())
            && name.version().map(v -> v.equals(manifest.version())).orElse(true);
    if (!same) {
      throw new IllegalArgumentException(
          "the manifest was signed as "
              + manifest.name()
              + ":"
              + manifest.version()
              + " and cannot be published as "
              + name
              + "; sign it again with --name");
    }
  }

  private static Path signatureBeside(Path disk) throws ImageRefusedException {
    for (String ending : List.of(".cms", ".sha256", ".sha1")) {
      Path candidate = beside(disk, ending);
      if (Files.exists(candidate)) {
        return candidate;
      }
    }
    throw new ImageRefusedException(
            "image.unsigned", "no signature beside " + disk + ": expected .cms, .sha256 or .sha1")
        .fact("image", disk)
        .advice(
            "Sign it: 'workspace image sign "
                + disk
                + "', or 'openssl dgst -sha256 -sign KEY -out "
                + disk
                + ".sha256 "
                + disk
                + "'.");
  }

  private static SignatureForm form(Path signature) {
    String name = signature.getFileName().toString();
    if (name.endsWith(".cms")) {
      return SignatureForm.CMS;
    }
    if (name.endsWith(".sha256")) {
      return SignatureForm.CLASSIC_SHA256;
    }
    if (name.endsWith(".sha1")) {
      return SignatureForm.CLASSIC_SHA1;
    }
    throw new IllegalArgumentException(
        "the form of " + signature + " cannot be told: expected the ending .cms, .sha256 or .sha1");
  }

  static Path beside(Path disk, String ending) {
    return disk.resolveSibling(disk.getFileName() + ending);
  }

  static String pem(byte[] der) {
    return PEM_BEGIN
        + "\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n"
        + PEM_END
        + "\n";
  }

  /** The DER of a PEM or DER file. */
  static byte[] der(Path file, byte[] bytes) throws ImageRefusedException {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int begin = text.indexOf(PEM_BEGIN);
    if (begin < 0) {
      return bytes;
    }
    int end = text.indexOf(PEM_END, begin);
    try {
      int from = begin + PEM_BEGIN.length();
      return Base64.getMimeDecoder().decode(text.substring(from, Math.max(from, end)));
    } catch (IllegalArgumentException e) {
      throw new ImageRefusedException(
              "image.signature.invalid", file + " is no PEM file: " + e.getMessage(), e)
          .advice("Sign the image again.");
    }
  }
}
