package org.hospes.trust.caller;

import java.io.ByteArrayInputStream;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import javax.security.auth.x500.X500Principal;
import org.italiangrid.voms.VOMSError;
import org.italiangrid.voms.store.LSCInfo;
import org.italiangrid.voms.store.VOMSTrustStore;
import org.italiangrid.voms.store.VOMSTrustStoreStatusListener;
import org.italiangrid.voms.store.impl.DefaultLSCFileParser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@code .lsc} files of a VOMS directory at one moment. Certificates of servers lying in the
 * directory, an older custom, do not count: voms-api would take the word of any of them for every
 * VO.
 */
final class LscFiles implements VOMSTrustStore {
  private static final Logger LOG = LoggerFactory.getLogger(LscFiles.class);

  /** One server of one VO. */
  record Server(String vo, String host) {}

  private final Map<Server, LSCInfo> servers = new HashMap<>();

  /** Reads the files; one that cannot be read is logged, and its server not trusted. */
  LscFiles(Map<Server, byte[]> files) {
    DefaultLSCFileParser parser = new DefaultLSCFileParser();
    files.forEach(
        (server, bytes) -> {
          try {
            ByteArrayInputStream in = new ByteArrayInputStream(bytes);
            servers.put(server, parser.parse(server.vo, server.host, in));
          } catch (VOMSError e) {
            LOG.error("{}/{}.lsc cannot be used: {}", server.vo, server.host, e.getMessage());
          }
        });
  }

  @Override
  public LSCInfo getLSC(String vo, String host) {
    return servers.get(new Server(vo, host));
  }

  @Override
  public Map<String, Set<LSCInfo>> getAllLSCInfo() {
    return servers.entrySet().stream()
        .collect(
            Collectors.groupingBy(
                entry -> entry.getKey().vo(),
                Collectors.mapping(Map.Entry::getValue, Collectors.toSet())));
  }

  @Override
  public List<String> getLocalTrustedDirectories() {
    return List.of();
  }

  @Override
  public List<X509Certificate> getLocalAACertificates() {
    return List.of();
  }

  @Override
  public X509Certificate getAACertificateBySubject(X500Principal subject) {
    return null;
  }

  @Override
  public void loadTrustInformation() {
    // Read once; a change of the directory makes another of these.
  }

  @Override
  public void setStatusListener(VOMSTrustStoreStatusListener listener) {
    // What cannot be read is in the log.
  }
}
