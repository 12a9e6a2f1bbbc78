package org.hospes.client;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.hospes.contract.ConsoleChannel;
import org.hospes.contract.GuestFiles;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.workspace.Refused;
import org.hospes.image.Digest;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.credential.CredentialException;
import org.hospes.trust.credential.UserCredentials;
import org.hospes.trust.path.CertificateDirectory;
import org.hospes.trust.path.PathRules;
import org.hospes.trust.path.PathValidator;
import org.hospes.wire.bytes.PartialRequest;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.ClientLimits;
import org.hospes.wire.security.RawConnection;
import org.hospes.wire.security.SecureClient;

/**
 * One person's papers, and the site they talk to. Papers are read and ports made when first needed,
 * so that a command that needs neither is quick. Not safe for use by several threads.
 */
public final class Session implements AutoCloseable {
  /** A site that sends nothing for so long is asked again. */
  private static final Duration SILENCE = Duration.ofSeconds(90);

  private final ClientSettings settings;
  private final UserCredentials credentials;
  private final Path caDirectory;
  private final Clock clock;
  private Credential credential;
  private CertificateDirectory paths;
  private SecureClient client;
  private WorkspaceClient workspaces;
  private RepositoryClient repository;

  public Session(ClientSettings settings, UserCredentials credentials, Clock clock) {
    this.settings = settings;
    this.credentials = credentials;
    this.clock = clock;
    this.caDirectory = caDirectory(credentials.environment());
  }

  private static Path caDirectory(Map<String, String> environment) {
    String named = environment.get("X509_CERT_DIR");
    return Path.of(named == null || named.isBlank() ? "/etc/grid-security/certificates" : named);
  }

  public Path caDirectory() {
    return caDirectory;
  }

  public Clock clock() {
    return clock;
  }

  public ClientSettings settings() {
    return settings;
  }

  /** The person's proxy or certificate, in the order that grid tools look. */
  public Credential credential() throws CredentialException {
    if (credential == null) {
      credential = credentials.find(UserCredentials.Mode.ANY);
    }
    return credential;
  }

  /** The person's certificate, never a proxy. */
  public Credential signingCredential() throws CredentialException {
    return credentials.find(UserCredentials.Mode.NO_PROXY);
  }

  /** The judge of certificate paths over the person's CA directory. */
  public PathValidator paths() {
    if (paths == null) {
      try {
        paths =
            CertificateDirectory.open(caDirectory, PathRules.strict(), Duration.ofHours(1), clock);
      } catch (IOException e) {
        throw RefusalException.of(
                FaultCategory.UNAUTHENTICATED, "ca-directory.unreadable", e.getMessage())
            .advice("Set X509_CERT_DIR to the directory of your grid's CA certificates.")
            .causedBy(e);
      }
    }
    return paths;
  }

  /** The secured client behind both ports. */
  public SecureClient client() throws CredentialException {
    if (client == null) {
      Credential mine = credential();
      client = new SecureClient(() -> mine, paths(), ClientLimits.defaults(), clock);
    }
    return client;
  }

  /** The site's workspace service. */
  public WorkspaceClient workspaces() throws CredentialException {
    if (workspaces == null) {
      URI address = serviceAddress();
      workspaces =
          new WorkspaceClient(
              client(), address, ClientSettings.expected(address, settings.serviceDn()));
    }
    return workspaces;
  }

  private URI serviceAddress() {
    return ClientSettings.withPath(
        settings
            .service()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "no service is named: use --service https://HOST:9443, set"
                            + " HOSPES_SERVICE, or write 'service:' into"
                            + " ~/.hospes/client.yaml")),
        "/workspace");
  }

  /**
   * The console of a guest, to be read and typed on; see {@link ConsoleChannel}.
   *
   * @param id the whole id
   * @param force take it over from this person attached elsewhere
   */
  public RawConnection attach(String id, boolean force) throws CredentialException, IOException {
    URI address = serviceAddress();
    return client()
        .upgrade(
            ConsoleChannel.atService(address, id, force),
            ConsoleChannel.PROTOCOL,
            ClientSettings.expected(address, settings.serviceDn()));
  }

  /**
   * Brings the disk of a workspace, which is ready to be fetched, into a file that is not there; an
   * earlier attempt that broke off goes on.
   *
   * @param id the whole id
   * @param progress hears how many bytes are here
   */
  public void fetch(String id, WorkspaceView.SavedDisk disk, Path file, LongConsumer progress)
      throws CredentialException, IOException {
    URI address = serviceAddress();
    SecureClient secured = client();
    secured.checkOwnPapers();
    PartialRequest requests =
        new PartialRequest(
            secured.sslContext(ClientSettings.expected(address, settings.serviceDn())), SILENCE);
    new DiskDownload(requests, Digest.parse(disk.digest()), disk.bytes(), file)
        .run(GuestFiles.atService(address, id, disk.digest()), progress);
  }

  /** The site's image repository; asks the service where it is unless that is set. */
  public RepositoryClient repository() throws CredentialException, Refused {
    if (repository == null) {
      Optional<URI> known = settings.repository();
      URI address =
          ClientSettings.withPath(
              known.isPresent() ? known.get() : workspaces().nodes().repositoryAddress(),
              "/repository");
      repository =
          new RepositoryClient(
              client(), address, ClientSettings.expected(address, settings.repositoryDn()));
    }
    return repository;
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
    }
    if (paths != null) {
      paths.close();
    }
  }
}
