package org.hospes.node.libvirt;

import org.libvirt.Connect;
import org.libvirt.LibvirtException;
import org.libvirt.jna.ConnectionPointer;

/** A connection that tells what libvirt calls it by, for what libvirt-java does not bind. */
final class OpenConnect extends Connect {
  OpenConnect(String uri) throws LibvirtException {
    super(uri);
  }

  ConnectionPointer pointer() {
    return vcp;
  }
}
