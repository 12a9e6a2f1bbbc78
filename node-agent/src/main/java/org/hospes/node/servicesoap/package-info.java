/** SOAP out: what this node tells the service. */
package org.hospes.node.servicesoap;
