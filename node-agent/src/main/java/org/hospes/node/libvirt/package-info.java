/** Guests as transient libvirt domains: on QEMU, on Xen, and on libvirt's own test driver. */
package org.hospes.node.libvirt;
