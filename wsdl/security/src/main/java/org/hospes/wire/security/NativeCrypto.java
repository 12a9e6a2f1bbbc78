package org.hospes.wire.security;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes Amazon's Corretto Crypto Provider the first of this Java's providers where its native
 * library loads (Linux on x86-64): RSA is then three to four times as fast. Elsewhere the JDK's own
 * providers stay as they are.
 */
public final class NativeCrypto {
  private static final Logger LOG = LoggerFactory.getLogger(NativeCrypto.class);

  private static final String NAME = "AmazonCorrettoCryptoProvider";
  private static final String CLASS = "com.amazon.corretto.crypto.provider." + NAME;

  private NativeCrypto() {}

  /** Changes the whole Java virtual machine; to call it again changes nothing. */
  public static void prefer() {
    if (Boolean.getBoolean("hospes.crypto.jdk-only") || Security.getProvider(NAME) != null) {
      return;
    }
    try {
      Class<?> type = Class.forName(CLASS);
      Provider provider = (Provider) type.getField("INSTANCE").get(null);
      Object broken = type.getMethod("getLoadingError").invoke(provider);
      if (broken == null) {
        Security.insertProviderAt(provider, 1);
        LOG.debug("{} {} is in use", provider.getName(), provider.getVersionStr());
      } else {
        LOG.info("native cryptography is not in use: {}", broken);
      }
    } catch (ReflectiveOperationException | LinkageError e) {
      LOG.info("native cryptography is not in use: {}", e.toString());
    }
  }

  /**
   * The same key as an object of the provider that will sign with it. Another provider's key would
   * be translated at every signature, which costs the native provider twice the signature itself.
   */
  static PrivateKey translated(PrivateKey key) {
    try {
      return (PrivateKey) KeyFactory.getInstance(key.getAlgorithm()).translateKey(key);
    } catch (GeneralSecurityException e) {
      LOG.debug("the key stays with its provider: {}", e.toString());
      return key;
    }
  }
}
