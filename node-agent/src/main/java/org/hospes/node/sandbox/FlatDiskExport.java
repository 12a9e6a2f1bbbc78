package org.hospes.node.sandbox;

import java.util.Optional;
import java.util.UUID;
import org.hospes.contract.GuestFiles;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.SealedDisk;
import org.hospes.trust.path.DistinguishedName;

/** The disk that was made of a guest's image and what it wrote, for the service alone. */
public final class FlatDiskExport implements FileExports {
  private final Guests guests;
  private final GuestFolders folders;
  private final DistinguishedName service;

  public FlatDiskExport(Guests guests, GuestFolders folders, DistinguishedName service) {
    this.guests = guests;
    this.folders = folders;
    this.service = service;
  }

  @Override
  public boolean admits(DistinguishedName caller) {
    return caller.equals(service);
  }

  @Override
  public Optional<ExportedFile> find(UUID guest, String name, DistinguishedName caller) {
    if (!admits(caller) || !name.equals(GuestFiles.FLAT)) {
      return Optional.empty();
    }
    Optional<GuestRecord> record = guests.journal().find(guest);
    return record
        .flatMap(r -> r.snapshots().flat())
        .map(flat -> exported(guest, flat.disks().get(0)));
  }

  private ExportedFile exported(UUID guest, SealedDisk disk) {
    return new ExportedFile(folders.flat(guest), disk.bytes(), disk.sha256());
  }
}
