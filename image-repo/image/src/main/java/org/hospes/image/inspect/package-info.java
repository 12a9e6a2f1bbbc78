/** What kind of disk this is, and whether it is safe to open. Never asks a disk tool. */
package org.hospes.image.inspect;
