/**
 * Signatures over images and catalogues: the classic form of {@code openssl dgst -sign}, and CMS
 * (RFC 5652).
 */
package org.hospes.image.signing;
