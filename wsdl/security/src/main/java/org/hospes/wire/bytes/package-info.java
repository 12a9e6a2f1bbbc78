/** Files over HTTP: whole, or one range of them. */
package org.hospes.wire.bytes;
