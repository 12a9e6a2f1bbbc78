/**
 * What is said of when an image was published and first seen, so that it can outlive its signer's
 * certificate.
 */
package org.hospes.image.publication;
