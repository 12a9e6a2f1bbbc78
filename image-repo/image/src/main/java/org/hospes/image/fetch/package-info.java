/** Disk bytes over HTTPS: in ranges, resumed, checked. */
package org.hospes.image.fetch;
