package org.hospes.node.hypervisor;

/**
 * A file that a guest's device model holds open, told by what it is rather than by its name: a name
 * may have been given to other bytes meanwhile.
 *
 * @param device number of the file system's device, as {@code unix:dev} tells of a path; of a block
 *     device its own, as {@code unix:rdev} tells, since it may have many names
 * @param inode as {@code unix:ino} tells; of a block device {@link #OF_DEVICE}
 * @param path the name it had, for people; may end in " (deleted)"
 * @param writable whether it is held for writing
 */
public record OpenFile(long device, long inode, String path, boolean writable) {
  /** No file's inode: what is told is a block device. */
  public static final long OF_DEVICE = 0;

  /** A block device by the kernel's two numbers, as Linux packs them in one. */
  public static OpenFile device(int major, int minor, String path, boolean writable) {
    return new OpenFile(number(major, minor), OF_DEVICE, path, writable);
  }

  /** As glibc's makedev does. */
  static long number(long major, long minor) {
    return (major & 0xfffL) << 8 | (major & ~0xfffL) << 32 | minor & 0xffL | (minor & ~0xffL) << 12;
  }

  /** Whether this is the very file of that device and inode. */
  public boolean is(long otherDevice, long otherInode) {
    return device == otherDevice && inode == otherInode;
  }
}
