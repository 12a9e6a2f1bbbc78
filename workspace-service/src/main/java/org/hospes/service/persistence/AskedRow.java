package org.hospes.service.persistence;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.service.workspace.AskedMessage;
import org.hospes.service.workspace.WorkspaceId;
import org.hospes.trust.path.DistinguishedName;

/** A message that asked for something, as it was signed. */
@Entity(name = "AskedRow")
@Table(name = "asked")
class AskedRow {
  @Id String digest;

  @Column(name = "workspace_id")
  String workspaceId;

  String verb;
  boolean runs;
  Instant at;
  byte[] message;
  String asker;

  /** The version of the workspace that it made; 0 in rows of before that was kept. */
  long version;

  /** For Hibernate. */
  protected AskedRow() {}

  AskedRow(AskedMessage asked, long version) {
    digest = asked.digest().toString();
    workspaceId = asked.workspace().toString();
    verb = asked.verb();
    runs = asked.runs();
    at = asked.at();
    message = asked.bytes();
    asker = asked.asker().map(DistinguishedName::slash).orElse(null);
    this.version = version;
  }

  AskedMessage.Reference reference() {
    return new AskedMessage.Reference(
        Digest.parse(digest), Optional.ofNullable(asker).map(DistinguishedName::new));
  }

  AskedMessage value() {
    return new AskedMessage(
        WorkspaceId.parse(workspaceId), verb, runs, at, reference().asker(), message);
  }
}
