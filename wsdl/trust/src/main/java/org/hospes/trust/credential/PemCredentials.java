package org.hospes.trust.credential;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Reads certificates and keys from PEM files: PKCS#1, SEC 1 and PKCS#8 keys, the latter and
 * OpenSSL's own form also encrypted.
 */
public final class PemCredentials {
  private static final int LARGEST = 1 << 20;

  private PemCredentials() {}

  /**
   * Reads a certificate, with the certificates of its chain that follow it in the file, and its
   * key.
   *
   * @param passphrase asked once, and only when the key is encrypted; returns null when there is
   *     nobody to ask. The array is wiped after use.
   * @throws CredentialException when a file is missing or malformed, the key can be read by others,
   *     or it is not the certificate's
   */
  public static Credential load(Path certificate, Path key, Supplier<char[]> passphrase)
      throws CredentialException {
    List<X509Certificate> chain = PemObjects.of(certificate, text(certificate)).certificates();
    refuseIfReadableByOthers(key);
    PrivateKey privateKey = PemObjects.of(key, text(key)).key(passphrase);
    return matching(chain, privateKey, certificate, key);
  }

  /**
   * Reads a file with key and chain together, as proxies have it: the proxy, its key, and the
   * certificates up to the end entity's.
   *
   * @throws CredentialException as {@link #load}
   */
  public static Credential loadProxy(Path file) throws CredentialException {
    String text = text(file);
    refuseIfReadableByOthers(file);
    PemObjects objects = PemObjects.of(file, text);
    return matching(objects.certificates(), objects.key(() -> null), file, file);
  }

  /**
   * Reads certificates alone; keys beside them are not opened, whatever they are.
   *
   * @return in the order of the file; never empty
   */
  public static List<X509Certificate> certificates(Path file) throws CredentialException {
    return PemObjects.certificatesOf(file, text(file)).certificates();
  }

  /**
   * Refuses a key file that anybody but its owner may read or write.
   *
   * @throws CredentialException with the mode found and the command that mends it
   */
  public static void refuseIfReadableByOthers(Path file) throws CredentialException {
    try {
      Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
      boolean open =
          mode.stream()
              .anyMatch(
                  permission ->
                      permission.name().startsWith("GROUP_")
                          || permission.name().startsWith("OTHERS_"));
      if (open) {
        throw new CredentialException(
                "credential.readable-by-others",
                file,
                "this private key must be its owner's alone, its mode is "
                    + PosixFilePermissions.toString(mode),
                "chmod 600 " + file)
            .fact("mode", PosixFilePermissions.toString(mode));
      }
    } catch (NoSuchFileException e) {
      throw missing(file).because(e);
    } catch (IOException | UnsupportedOperationException e) {
      throw new CredentialException(
              "credential.missing", file, "its mode cannot be read: " + e, null)
          .because(e);
    }
  }

  private static Credential matching(
      List<X509Certificate> chain, PrivateKey key, Path certificateFile, Path keyFile)
      throws CredentialException {
    if (!KeyMatch.matches(chain.get(0).getPublicKey(), key)) {
      throw new CredentialException(
          "credential.mismatch",
          keyFile,
          "this key does not belong to the first certificate of "
              + certificateFile
              + ", which is that of "
              + chain.get(0).getSubjectX500Principal(),
          "name the certificate and the key of the same request");
    }
    return new Credential(chain, key, certificateFile.toString());
  }

  private static String text(Path file) throws CredentialException {
    try {
      if (Files.size(file) > LARGEST) {
        throw new CredentialException(
            "credential.malformed", file, "larger than any certificate", null);
      }
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      throw missing(file).because(e);
    } catch (IOException e) {
      throw new CredentialException("credential.missing", file, "cannot be read: " + e, null)
          .because(e);
    }
  }

  private static CredentialException missing(Path file) {
    return new CredentialException("credential.missing", file, "the file is missing", null);
  }
}
