package org.hospes.node.journal;

/** Is told of every write, by its name in {@link JournalWrite}; on the writing thread. */
public interface JournalWatcher {
  /** Nobody watches. */
  JournalWatcher NONE =
      new JournalWatcher() {
        @Override
        public void before(String write) {}

        @Override
        public void after(String write) {}
      };

  /** The write has not begun. */
  void before(String write);

  /** The write is on the disk. */
  void after(String write);
}
