package org.hospes.node.sandbox;

/** What guests' disks take at most of what the node gives them. */
public interface DisksTaken {
  /** Overlays and scratch disks at their longest; the image's file is not theirs. */
  DisksTaken AS_FILES =
      new DisksTaken() {
        @Override
        public long disk(long virtualBytes) {
          return virtualBytes;
        }

        @Override
        public long scratch(long bytes) {
          return bytes;
        }

        @Override
        public long image(long virtualBytes) {
          return 0;
        }

        @Override
        public boolean snapshots() {
          return true;
        }
      };

  /** By the disk that a guest boots. */
  long disk(long virtualBytes);

  /** By its scratch disk; nothing for none. */
  long scratch(long bytes);

  /** By what all guests of one image share. */
  long image(long virtualBytes);

  /** Whether snapshots take of the same. */
  boolean snapshots();
}
