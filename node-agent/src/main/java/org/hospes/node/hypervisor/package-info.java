/**
 * What a node asks of its hypervisor: start a guest paused, tell what it holds open, let it run,
 * end it. Guests are keyed by workspace id, which is also the UUID of their domain. Nothing here
 * knows which hypervisor it is.
 */
package org.hospes.node.hypervisor;
