package org.hospes.wire.bytes;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How bytes are sent without their long runs of zeros: an instance manipulation (RFC 3229) named
 * {@value #NAME}, for the files of guests, most of whose pages are empty.
 *
 * <p>It is a sequence of pieces. Each is the number of zeros (64 bits), then a number of other
 * bytes (32 bits), both big-endian and not negative, not both nothing; then these other bytes. It
 * ends with the body, after a whole piece. What it stands for is the zeros and bytes one after the
 * other; whoever is sent some knows how many these may be.
 *
 * <p>A client asks with {@code A-IM: range, hospes-holes}, and {@code Range} if it wants part of
 * the file: first the range is taken, then its zeros are left out. It is answered with status 226
 * and {@code IM}, or, by whoever does not know of this, with the bytes as they are.
 */
public final class Holes {
  /** The name of the manipulation. */
  public static final String NAME = "hospes-holes";

  /** The request's header. */
  public static final String WANTED = "A-IM";

  /** The answer's header. */
  public static final String DONE = "IM";

  /** IM Used (RFC 3229, 10.4.1). */
  public static final int STATUS = 226;

  /** What a request for a range says, and the answer to it. */
  public static final String OF_A_RANGE = "range, " + NAME;

  /** Shorter runs of zeros are bytes like others. */
  static final int PAGE = 4096;

  private static final byte[] EMPTY = new byte[PAGE];

  private Holes() {}

  /** Whether a request for all that there is wants it, by its header, null if it has none. */
  public static boolean wanted(String header) {
    return wanted(header, false);
  }

  /**
   * Whether a request wants it.
   *
   * @param header of the request, null if it has none
   * @param range whether the answer is a range: that must be taken first then
   */
  static boolean wanted(String header, boolean range) {
    if (header == null) {
      return false;
    }
    List<String> names =
        Arrays.stream(header.split(",", 16))
            .map(one -> one.replaceFirst(";.*", "").strip().toLowerCase(Locale.ROOT))
            .toList();
    int at = names.indexOf(NAME);
    return at >= 0 && (!range || names.subList(0, at).contains("range"));
  }

  /** Whether nothing but zeros stands there. */
  public static boolean zeros(byte[] bytes, int from, int to) {
    for (int at = from; at < to; at += PAGE) {
      int end = Math.min(to, at + PAGE);
      if (Arrays.mismatch(bytes, at, end, EMPTY, 0, end - at) >= 0) {
        return false;
      }
    }
    return true;
  }
}
