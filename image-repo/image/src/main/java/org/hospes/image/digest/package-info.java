/** Digests of large files, at the rate of the machine. */
package org.hospes.image.digest;
