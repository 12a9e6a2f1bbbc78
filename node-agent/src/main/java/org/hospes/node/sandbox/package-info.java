/**
 * A guest's life on this node: an ordered list of hooks, each with its undo beside it, walked
 * towards the goal that the journal holds, and taken up where a killed agent left it.
 */
package org.hospes.node.sandbox;
