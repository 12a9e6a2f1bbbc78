package org.hospes.node.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Makes all dates of an ISO 9660 image one, so that an image of the same files is the same bytes
 * whenever it is made. For images that this process has just had made: their structure is believed
 * as far as that it is looked up within the image.
 */
final class SeedDates {
  private static final int SECTOR = 2048;
  private static final int FIRST_DESCRIPTOR = 16;
  private static final int TERMINATOR = 255;

  /** In a volume descriptor: record of the root folder, and when it was made, altered, is used. */
  private static final int ROOT = 156;

  private static final int[] LONG_DATES = {813, 830, 864};
  private static final byte[] LONG_DATE = "2000010100000000\0".getBytes(StandardCharsets.US_ASCII);

  /** In a folder's record, and in a Rock Ridge field of dates. */
  private static final int RECORD_DATE = 18;

  private static final byte[] SHORT_DATE = {100, 1, 1, 0, 0, 0, 0};
  private static final int RECORD_HEAD = 33;

  private final ByteBuffer image;

  private SeedDates(ByteBuffer image) {
    this.image = image;
  }

  /**
   * Makes them one, in place. Folders within folders are not looked into: a seed has none.
   *
   * @throws IOException when it is no such image
   */
  static void level(byte[] image) throws IOException {
    try {
      new SeedDates(ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN)).descriptors();
    } catch (IndexOutOfBoundsException e) {
      throw new IOException("no whole ISO 9660 image: " + e.getMessage(), e);
    }
  }

  private void descriptors() throws IOException {
    for (int at = FIRST_DESCRIPTOR * SECTOR; ; at += SECTOR) {
      byte[] magic = new byte[5];
      image.get(at + 1, magic);
      if (!Arrays.equals(magic, "CD001".getBytes(StandardCharsets.US_ASCII))) {
        throw new IOException("no volume descriptor of ISO 9660 at byte " + at);
      }
      if (Byte.toUnsignedInt(image.get(at)) == TERMINATOR) {
        return;
      }
      for (int date : LONG_DATES) {
        image.put(at + date, LONG_DATE);
      }
      image.put(at + ROOT + RECORD_DATE, SHORT_DATE);
      folder(image.getInt(at + ROOT + 2) * SECTOR, image.getInt(at + ROOT + 10));
    }
  }

  private void folder(int start, int bytes) {
    int at = start;
    while (at < start + bytes) {
      int length = Byte.toUnsignedInt(image.get(at));
      if (length == 0) {
        // Records do not cross sectors.
        at = (at / SECTOR + 1) * SECTOR;
        continue;
      }
      image.put(at + RECORD_DATE, SHORT_DATE);
      int name = Byte.toUnsignedInt(image.get(at + RECORD_HEAD - 1));
      // Padded to an even length.
      fields(at + RECORD_HEAD + (name | 1), at + length);
      at += length;
    }
  }

  /** Of Rock Ridge: two letters, length, version. */
  private void fields(int start, int end) {
    int at = start;
    while (at + 4 <= end && image.get(at) != 0) {
      int length = Byte.toUnsignedInt(image.get(at + 2));
      if (length < 4) {
        return;
      }
      if (image.get(at) == 'T' && image.get(at + 1) == 'F') {
        for (int date = at + 5;
            date + SHORT_DATE.length <= at + length;
            date += SHORT_DATE.length) {
          image.put(date, SHORT_DATE);
        }
      }
      at += length;
    }
  }
}
