package org.hospes.client;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Problems;
import org.hospes.settings.Settings;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.wire.security.ExpectedServer;

/**
 * Where the site is. In this order: the command line, the environment ({@code HOSPES_SERVICE},
 * {@code HOSPES_REPOSITORY}), {@code ~/.hospes/client.yaml}, {@code /etc/hospes/client.yaml}.
 *
 * @param repository empty: the service says where it is
 * @param serviceDn empty: the certificate must name the host of the address
 */
public record ClientSettings(
    Optional<URI> service,
    Optional<URI> repository,
    Optional<DistinguishedName> serviceDn,
    Optional<DistinguishedName> repositoryDn) {

  /** Reads the first file that is there, and lays environment and command line over it. */
  public static ClientSettings find(
      Map<String, String> environment, Path home, Optional<String> service, Optional<String> repo)
      throws InvalidSettingsException {
    ClientSettings file = new ClientSettings(empty(), empty(), empty(), empty());
    for (Path candidate :
        List.of(home.resolve(".hospes/client.yaml"), Path.of("/etc/hospes/client.yaml"))) {
      if (Files.isReadable(candidate)) {
        file = read(candidate);
        break;
      }
    }
    return new ClientSettings(
        first(service, environment.get("HOSPES_SERVICE"), file.service()),
        first(repo, environment.get("HOSPES_REPOSITORY"), file.repository()),
        file.serviceDn(),
        file.repositoryDn());
  }

  private static <T> Optional<T> empty() {
    return Optional.empty();
  }

  static ClientSettings read(Path file) throws InvalidSettingsException {
    Problems problems = new Problems();
    Settings settings = Settings.read(file, problems);
    ClientSettings read =
        new ClientSettings(
            optional(settings, "service", ClientSettings::address),
            optional(settings, "repository", ClientSettings::address),
            optional(settings, "service-dn", DistinguishedName::parse),
            optional(settings, "repository-dn", DistinguishedName::parse));
    settings.done();
    problems.throwIfAny();
    return read;
  }

  private static <T> Optional<T> optional(
      Settings settings, String key, java.util.function.Function<String, T> parser) {
    return settings.has(key) ? Optional.ofNullable(settings.parsed(key, parser)) : Optional.empty();
  }

  private static Optional<URI> first(Optional<String> option, String variable, Optional<URI> file) {
    if (option.isPresent()) {
      return option.map(ClientSettings::address);
    }
    return variable != null && !variable.isBlank() ? Optional.of(address(variable)) : file;
  }

  private static URI address(String text) {
    URI uri = URI.create(text.strip());
    if (!"https".equals(uri.getScheme()) || uri.getHost() == null) {
      throw new IllegalArgumentException(
          "not the address of a service: expected https://HOST[:PORT][/PATH], found " + text);
    }
    return uri;
  }

  /** The address with the path that the port has unless another was given. */
  static URI withPath(URI address, String path) {
    return address.getPath() == null || address.getPath().isEmpty() || address.getPath().equals("/")
        ? address.resolve(path)
        : address;
  }

  static ExpectedServer expected(URI address, Optional<DistinguishedName> dn) {
    return dn.map(ExpectedServer::dn).orElseGet(() -> ExpectedServer.host(address.getHost()));
  }
}
