/** Wires the agent together: configuration, the parts, the end. */
package org.hospes.node.app;
