/** The disks of one guest: its copy-on-write overlay, its scratch disk, its NoCloud seed. */
package org.hospes.node.disk;
