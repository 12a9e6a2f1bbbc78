package org.hospes.service.nodesoap;

import org.hospes.contract.node.NodePort;
import org.hospes.service.node.Node;

/** Makes ports to nodes' agents. */
@FunctionalInterface
interface NodePorts {
  NodePort open(Node node);
}
