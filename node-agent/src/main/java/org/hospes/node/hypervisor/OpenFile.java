package org.hospes.node.hypervisor;

/**
 * A file that a guest's device model holds open, told by what it is rather than by its name: a name
 * may have been given to other bytes meanwhile.
 *
 * @param device number of the file system's device, as {@code unix:dev} tells of a path
 * @param inode as {@code unix:ino} tells
 * @param path the name it had, for people; may end in " (deleted)"
 * @param writable whether it is held for writing
 */
public record OpenFile(long device, long inode, String path, boolean writable) {

  /** Whether this is the very file of that device and inode. */
  public boolean is(long otherDevice, long otherInode) {
    return device == otherDevice && inode == otherInode;
  }
}
