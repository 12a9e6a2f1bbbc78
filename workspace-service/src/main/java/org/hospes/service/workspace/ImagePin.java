package org.hospes.service.workspace;

import org.hospes.image.Digest;
import org.hospes.image.SignatureForm;

/**
 * The image a workspace boots, pinned when the workspace was accepted: names may move, this does
 * not.
 *
 * @param name as resolved, {@code NAME:VERSION}
 * @param digest SHA-256 of the disk's bytes
 * @param signer slash form of the builder's DN
 * @param diskBytes length of the disk's file, as the manifest tells it
 */
public record ImagePin(
    String name, Digest digest, String signer, SignatureForm form, long diskBytes) {}
