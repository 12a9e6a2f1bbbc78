package org.hospes.client.cli;

import picocli.CommandLine.IVersionProvider;

/** The version of the archive, from the jar's manifest. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {"workspace " + (version == null ? "(built from source)" : version)};
  }
}
