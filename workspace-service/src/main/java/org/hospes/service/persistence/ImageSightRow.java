package org.hospes.service.persistence;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.stream.Collectors;
import org.hospes.image.Digest;
import org.hospes.image.publication.SightStatement;
import org.hospes.image.publication.SignedPapers;

/** When a publication was first seen; digests are hexadecimal, those of the chain one a line. */
@Entity(name = "ImageSightRow")
@Table(name = "image_sight")
class ImageSightRow {
  @Id String publication;
  String manifest;
  String signature;
  String chain;

  @Column(name = "first_at")
  Instant first;

  /** For Hibernate. */
  protected ImageSightRow() {}

  ImageSightRow(SightStatement sight) {
    publication = sight.publication().hex();
    manifest = sight.papers().manifest().hex();
    signature = sight.papers().signature().hex();
    chain = sight.papers().chain().stream().map(Digest::hex).collect(Collectors.joining("\n"));
    first = sight.first();
  }

  SightStatement sight() {
    return new SightStatement(
        sha256(publication),
        new SignedPapers(
            sha256(manifest), sha256(signature), chain.lines().map(ImageSightRow::sha256).toList()),
        first);
  }

  static Digest sha256(String hex) {
    return new Digest(Digest.Algorithm.SHA256, hex);
  }
}
