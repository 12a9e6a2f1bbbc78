/** The manifest as bytes: read strictly, written once by the builder. */
package org.hospes.image.manifest;
