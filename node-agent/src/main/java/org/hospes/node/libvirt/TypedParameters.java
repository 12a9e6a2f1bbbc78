package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.HashMap;
import java.util.Map;

/**
 * An array of {@code virTypedParameter} as libvirt's library has it in memory: a name in 80 bytes,
 * the type, and the value in 8 bytes that begin at the next multiple of 8. Of the types only those
 * are known here that limits of disks have.
 */
final class TypedParameters {
  private static final int NAME = 80;
  private static final int VALUE = NAME + 8;
  private static final int SIZE = VALUE + 8;
  private static final int UNSIGNED_LONG = 4;
  private static final int STRING = 7;

  private final Memory memory;
  private final Memory[] strings;
  private int used;

  /**
   * @param room for how many
   */
  TypedParameters(int room) {
    memory = new Memory((long) SIZE * Math.max(1, room));
    memory.clear();
    strings = new Memory[room];
  }

  TypedParameters with(String name, long value) {
    begin(name, UNSIGNED_LONG).setLong(VALUE, value);
    return this;
  }

  TypedParameters with(String name, String value) {
    Memory text = new Memory(value.length() + 1L);
    text.setString(0, value, US_ASCII.name());
    strings[used] = text;
    begin(name, STRING).setPointer(VALUE, text);
    return this;
  }

  private Pointer begin(String name, int type) {
    Pointer one = memory.share((long) SIZE * used++);
    one.setString(0, name, US_ASCII.name());
    one.setInt(NAME, type);
    return one;
  }

  Pointer pointer() {
    return memory;
  }

  /** How many were put in. */
  int used() {
    return used;
  }

  /** What libvirt wrote into the first of them. */
  Map<String, Object> read(int count) {
    Map<String, Object> found = new HashMap<>();
    for (int i = 0; i < count; i++) {
      Pointer one = memory.share((long) SIZE * i);
      String name = one.getString(0, US_ASCII.name());
      int type = one.getInt(NAME);
      if (type == UNSIGNED_LONG) {
        found.put(name, one.getLong(VALUE));
      } else if (type == STRING && one.getPointer(VALUE) != null) {
        found.put(name, one.getPointer(VALUE).getString(0, US_ASCII.name()));
      }
    }
    return found;
  }
}
