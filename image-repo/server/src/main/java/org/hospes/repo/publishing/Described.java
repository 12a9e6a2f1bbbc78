package org.hospes.repo.publishing;

import org.hospes.image.SignedImage;
import org.hospes.repo.catalogue.Publication;

/** A publication with the papers it came with. */
public record Described(Publication publication, SignedImage papers) {}
