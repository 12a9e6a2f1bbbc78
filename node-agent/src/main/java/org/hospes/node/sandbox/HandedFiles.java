package org.hospes.node.sandbox;

import java.util.Optional;
import java.util.UUID;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HandOver;
import org.hospes.node.journal.HandedFile;
import org.hospes.trust.path.DistinguishedName;

/** The files of guests that are handed over, each for the one host that it is left to. */
public final class HandedFiles implements FileExports {
  private final Guests guests;
  private final GuestFolders folders;

  public HandedFiles(Guests guests, GuestFolders folders) {
    this.guests = guests;
    this.folders = folders;
  }

  @Override
  public boolean admits(DistinguishedName caller) {
    return guests.journal().all().stream().anyMatch(record -> papers(record, caller).isPresent());
  }

  @Override
  public Optional<ExportedFile> find(UUID guest, String name, DistinguishedName caller) {
    return guests
        .journal()
        .find(guest)
        .flatMap(record -> papers(record, caller))
        .flatMap(papers -> papers.file(name))
        .map(file -> exported(guest, file));
  }

  private static Optional<HandOver> papers(GuestRecord record, DistinguishedName caller) {
    return record
        .handedOver()
        .filter(papers -> papers.to().equals(caller.slash()))
        .filter(papers -> GuestPhase.of(Optional.of(record)) != GuestPhase.REMOVING);
  }

  private ExportedFile exported(UUID guest, HandedFile file) {
    return new ExportedFile(
        folders.folder(guest).resolve(file.place()), file.bytes(), file.sha256());
  }
}
