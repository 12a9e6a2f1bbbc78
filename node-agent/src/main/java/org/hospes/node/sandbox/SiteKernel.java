package org.hospes.node.sandbox;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A kernel that this site keeps, which a signed manifest may ask for by name.
 *
 * @param kernel the file
 * @param initrd the file, if it needs one
 */
public record SiteKernel(String name, Path kernel, Optional<Path> initrd) {}
