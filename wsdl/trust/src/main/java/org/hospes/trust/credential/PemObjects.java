package org.hospes.trust.credential;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMException;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8DecryptorProviderBuilder;
import org.bouncycastle.openssl.jcajce.JcePEMDecryptorProviderBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;

/** The objects of one PEM file, in their order. */
record PemObjects(Path file, List<Object> objects) {
  // Not registered with the platform: which provider computes elsewhere is not decided here.
  private static final Provider BOUNCY_CASTLE = new BouncyCastleProvider();

  static PemObjects of(Path file, String text) throws CredentialException {
    List<Object> objects = new ArrayList<>();
    try (PEMParser parser = new PEMParser(new StringReader(text))) {
      for (Object object = parser.readObject(); object != null; object = parser.readObject()) {
        objects.add(object);
      }
    } catch (IOException | RuntimeException e) {
      throw malformed(file, "not PEM: " + e.getMessage()).because(e);
    }
    return new PemObjects(file, objects);
  }

  /** The certificates only: what else stands in the file is not looked into. */
  static PemObjects certificatesOf(Path file, String text) throws CredentialException {
    List<Object> objects = new ArrayList<>();
    try (PemReader reader = new PemReader(new StringReader(text))) {
      for (PemObject object = reader.readPemObject();
          object != null;
          object = reader.readPemObject()) {
        if (object.getType().equals("CERTIFICATE") || object.getType().equals("X509 CERTIFICATE")) {
          objects.add(new X509CertificateHolder(object.getContent()));
        }
      }
    } catch (IOException | RuntimeException e) {
      throw malformed(file, "not PEM: " + e.getMessage()).because(e);
    }
    return new PemObjects(file, objects);
  }

  List<X509Certificate> certificates() throws CredentialException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Object object : objects) {
      if (object instanceof X509CertificateHolder holder) {
        try {
          CertificateFactory factory = CertificateFactory.getInstance("X.509");
          ByteArrayInputStream bytes = new ByteArrayInputStream(holder.getEncoded());
          certificates.add((X509Certificate) factory.generateCertificate(bytes));
        } catch (CertificateException | IOException e) {
          throw malformed(file, "a certificate cannot be read: " + e.getMessage()).because(e);
        }
      }
    }
    if (certificates.isEmpty()) {
      throw malformed(file, "a certificate (-----BEGIN CERTIFICATE-----) expected, none found");
    }
    return certificates;
  }

  PrivateKey key(Supplier<char[]> passphrase) throws CredentialException {
    for (Object object : objects) {
      if (object instanceof PrivateKeyInfo info) {
        return toKey(info);
      } else if (object instanceof PEMKeyPair pair) {
        return toKey(pair.getPrivateKeyInfo());
      } else if (object instanceof PEMEncryptedKeyPair || isEncryptedPkcs8(object)) {
        return toKey(decrypted(object, passphrase));
      }
    }
    throw malformed(file, "a private key expected, none found");
  }

  private PrivateKeyInfo decrypted(Object object, Supplier<char[]> passphrase)
      throws CredentialException {
    char[] secret = passphrase.get();
    if (secret == null) {
      throw new CredentialException(
          "credential.passphrase.needed",
          file,
          "this key is encrypted and nobody is there to ask for its passphrase",
          "make a proxy first (grid-proxy-init -rfc), or run the command at a terminal");
    }
    try {
      if (object instanceof PKCS8EncryptedPrivateKeyInfo pkcs8) {
        return pkcs8.decryptPrivateKeyInfo(
            new JceOpenSSLPKCS8DecryptorProviderBuilder().setProvider(BOUNCY_CASTLE).build(secret));
      }
      return ((PEMEncryptedKeyPair) object)
          .decryptKeyPair(
              new JcePEMDecryptorProviderBuilder().setProvider(BOUNCY_CASTLE).build(secret))
          .getPrivateKeyInfo();
    } catch (IOException | PKCSException | OperatorCreationException | RuntimeException e) {
      if (e instanceof PEMException && e.getCause() instanceof OperatorCreationException) {
        throw malformed(file, "encrypted in a way not known here: " + e.getMessage()).because(e);
      }
      throw new CredentialException(
              "credential.passphrase.wrong", file, "the passphrase does not open this key", null)
          .because(e);
    } finally {
      Arrays.fill(secret, '\0');
    }
  }

  private PrivateKey toKey(PrivateKeyInfo info) throws CredentialException {
    String algorithm =
        switch (info.getPrivateKeyAlgorithm().getAlgorithm().getId()) {
          case "1.2.840.113549.1.1.1" -> "RSA";
          case "1.2.840.10045.2.1" -> "EC";
          case "1.3.101.112", "1.3.101.113" -> "EdDSA";
          default -> info.getPrivateKeyAlgorithm().getAlgorithm().getId();
        };
    try {
      return KeyFactory.getInstance(algorithm)
          .generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded()));
    } catch (GeneralSecurityException | IOException e) {
      throw malformed(file, "the private key cannot be read: " + e.getMessage()).because(e);
    }
  }

  private static boolean isEncryptedPkcs8(Object object) {
    return object instanceof PKCS8EncryptedPrivateKeyInfo;
  }

  private static CredentialException malformed(Path file, String message) {
    return new CredentialException("credential.malformed", file, message, null);
  }
}
