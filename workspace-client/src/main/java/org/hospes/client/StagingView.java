package org.hospes.client;

/**
 * How far an image has come on its way to the node.
 *
 * @param phase what the node is doing; empty when it does nothing
 */
public record StagingView(String state, String phase, long bytesDone, long bytesTotal) {}
