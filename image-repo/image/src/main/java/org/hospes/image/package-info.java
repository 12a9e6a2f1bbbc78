/** What an image is: its digest, its names, its papers. */
package org.hospes.image;
