package org.hospes.client.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** A word that has verbs of its own. */
@Command(mixinStandardHelpOptions = true)
abstract class Group implements Runnable {
  @ParentCommand Object parent;
  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "say what to do: " + spec.subcommands().keySet());
  }

  /** {@code workspace image ...}. */
  @Command(
      name = "image",
      description = "Inspect, sign, publish and look at images.",
      subcommands = {
        ImageSign.class,
        ImageEndorse.class,
        ImagePublish.class,
        ImageInspect.class,
        ImageVerify.class,
        ImageList.class,
        ImageShow.class,
        ImageRetire.class
      })
  static final class Image extends Group {}

  /** {@code workspace snapshot ...}. */
  @Command(
      name = "snapshot",
      description = "Keep copies of the disk of a stopped workspace; see also rollback.",
      subcommands = {SnapshotCreate.class, SnapshotList.class, SnapshotDelete.class})
  static final class Snapshot extends Group {}

  /** {@code workspace credential ...}. */
  @Command(
      name = "credential",
      description = "Look at certificates and proxies as a site does.",
      subcommands = {CredentialJudgement.class})
  static final class Credential extends Group {}

  /** {@code workspace node ...}. */
  @Command(
      name = "node",
      description = "Look at the site's nodes, close them to new workspaces, empty them.",
      subcommands = {NodeList.class, NodeDrain.class, NodeUndrain.class, NodeEnrol.class})
  static final class Node extends Group {}

  /** {@code workspace policy ...}. */
  @Command(
      name = "policy",
      description = "Ask what the site's policies would decide, and why.",
      subcommands = {PolicyExplain.class})
  static final class Policy extends Group {}

  /** {@code workspace audit ...}. */
  @Command(
      name = "audit",
      description = "Check what was booted, by the receipts that nodes and services signed.",
      subcommands = {AuditVerify.class, AuditExport.class})
  static final class Audit extends Group {}
}
