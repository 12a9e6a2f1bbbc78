/** The one function that says whether an image may boot. */
package org.hospes.image.verify;
