/** SOAP in: what the service asks of this node. */
package org.hospes.node.endpoint;
