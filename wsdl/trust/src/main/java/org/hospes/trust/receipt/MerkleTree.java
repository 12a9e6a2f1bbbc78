package org.hospes.trust.receipt;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * The hash tree of RFC 6962 section 2.1, built leaf by leaf in logarithmic room: leaves are hashed
 * behind a byte 0, nodes behind a byte 1. Not safe for several threads.
 */
public final class MerkleTree {
  private final MessageDigest sha256 = Hashes.sha256();
  private final List<byte[]> peaks = new ArrayList<>();
  private long size;

  /** Adds a leaf: the bytes of a line without its line feed. */
  public void add(byte[] line) {
    addHash(leaf(line));
  }

  /** How many leaves there are. */
  public long size() {
    return size;
  }

  /** The root over all leaves so far; that of no leaf is the hash of nothing. */
  public byte[] root() {
    if (peaks.isEmpty()) {
      return sha256.digest();
    }
    byte[] root = peaks.get(peaks.size() - 1);
    for (int i = peaks.size() - 2; i >= 0; i--) {
      root = node(peaks.get(i), root);
    }
    return root;
  }

  /** The hash of one leaf. */
  public static byte[] leafHash(byte[] line) {
    return new MerkleTree().leaf(line);
  }

  /**
   * The audit path of RFC 6962 section 2.1.1: what has to be hashed with a leaf, from below, to
   * come to the root.
   *
   * @param leaves the hash of every leaf, in order
   * @param index which of them, from 0
   */
  public static List<byte[]> path(List<byte[]> leaves, int index) {
    List<byte[]> path = new ArrayList<>();
    collect(leaves, index, path);
    return path;
  }

  /**
   * The root that a leaf and its audit path come to (RFC 9162 section 2.1.3.2).
   *
   * @return null when a path of that length does not belong to such a leaf
   */
  public static byte[] rootOf(byte[] leafHash, long index, long size, List<byte[]> path) {
    if (index < 0 || index >= size) {
      return null;
    }
    MerkleTree tree = new MerkleTree();
    long fn = index;
    long sn = size - 1;
    byte[] root = leafHash;
    for (byte[] beside : path) {
      if (sn == 0) {
        return null;
      }
      if ((fn & 1) == 1 || fn == sn) {
        root = tree.node(beside, root);
        while ((fn & 1) == 0 && fn != 0) {
          fn >>= 1;
          sn >>= 1;
        }
      } else {
        root = tree.node(root, beside);
      }
      fn >>= 1;
      sn >>= 1;
    }
    return sn == 0 ? root : null;
  }

  private static byte[] collect(List<byte[]> leaves, int index, List<byte[]> path) {
    if (leaves.size() == 1) {
      return leaves.get(0);
    }
    int left = Integer.highestOneBit(leaves.size() - 1);
    List<byte[]> low = leaves.subList(0, left);
    List<byte[]> high = leaves.subList(left, leaves.size());
    if (index < left) {
      byte[] below = collect(low, index, path);
      byte[] beside = rootOf(high);
      path.add(beside);
      return new MerkleTree().node(below, beside);
    }
    byte[] below = collect(high, index - left, path);
    byte[] beside = rootOf(low);
    path.add(beside);
    return new MerkleTree().node(beside, below);
  }

  private static byte[] rootOf(List<byte[]> leaves) {
    MerkleTree tree = new MerkleTree();
    leaves.forEach(tree::addHash);
    return tree.root();
  }

  private void addHash(byte[] hash) {
    byte[] peak = hash;
    for (long low = size; (low & 1) == 1; low >>= 1) {
      peak = node(peaks.remove(peaks.size() - 1), peak);
    }
    peaks.add(peak);
    size++;
  }

  private byte[] leaf(byte[] line) {
    sha256.update((byte) 0);
    return sha256.digest(line);
  }

  private byte[] node(byte[] left, byte[] right) {
    sha256.update((byte) 1);
    sha256.update(left);
    return sha256.digest(right);
  }
}
