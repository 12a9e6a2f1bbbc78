/**
 * What a guest may reach and who may reach it: address, DHCP, NAT, port forwards and the rules of
 * the sandbox, set up and taken down together.
 */
package org.hospes.node.network;
