/** The repository's signed list of names. */
package org.hospes.image.catalogue;
