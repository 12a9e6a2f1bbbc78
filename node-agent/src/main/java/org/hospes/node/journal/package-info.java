/** What the agent promised and how far it came, kept so that a killed agent can go on. */
package org.hospes.node.journal;
