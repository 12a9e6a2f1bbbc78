package org.hospes.client.cli;

import java.io.ByteArrayOutputStream;
import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** What may go to a terminal, and whether there is one. */
final class Terminal {
  /** Control sequences of ECMA-48, also those in C1. */
  private static final Pattern SEQUENCES =
      Pattern.compile(
          "\u001b\\[[0-?]*[ -/]*[@-~]|\u009b[0-?]*[ -/]*[@-~]"
              + "|[\u001b][\\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\\\|\u009c)?|\u001b.");

  /** What is left of controls, and the marks that turn the direction of writing. */
  private static final Pattern CONTROLS =
      Pattern.compile("[\\p{Cc}\u202a-\u202e\u2066-\u2069\u200e\u200f]");

  private Terminal() {}

  /** Whether a standard stream of this process is a terminal. */
  static boolean isOn(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.equals("/dev/console");
    } catch (IOException e) {
      return System.console() != null;
    }
  }

  /** Text from elsewhere, made harmless on one line. */
  static String line(String foreign) {
    if (foreign == null) {
      return "";
    }
    String plain = SEQUENCES.matcher(foreign).replaceAll("");
    return CONTROLS.matcher(plain.replace('\n', ' ').replace('\t', ' ')).replaceAll("");
  }

  /** Text from elsewhere, made harmless; line ends and tabs stay. */
  static String text(String foreign) {
    String plain = SEQUENCES.matcher(foreign).replaceAll("");
    return CONTROLS
        .matcher(plain)
        .replaceAll(m -> m.group().equals("\n") || m.group().equals("\t") ? m.group() : "");
  }

  /** Asks for a passphrase; null where nobody can be asked. */
  static char[] askPassphrase() {
    Console console = System.console();
    return console == null ? null : console.readPassword("Passphrase of your private key: ");
  }

  /**
   * Makes a stream of console bytes harmless, piece by piece: control sequences may be cut anywhere
   * between two pieces. Neither ESC nor a control of C1 ever gets through, and no line is hidden by
   * what an earlier one began. Not safe for use by several threads.
   */
  static final class ConsoleFilter {
    private enum Place {
      TEXT,
      ESCAPE,
      SEQUENCE,
      STRING
    }

    private Place place = Place.TEXT;

    /** A lead byte of UTF-8 that may begin a control of C1 (U+0080 to U+009F), held back. */
    private boolean held;

    byte[] pass(byte[] bytes) {
      ByteArrayOutputStream kept = new ByteArrayOutputStream(bytes.length);
      for (byte b : bytes) {
        int c = b & 0xff;
        boolean second = held;
        held = c == 0xc2;
        if (second && c >= 0x80 && c <= 0x9f) {
          place = afterEscape(c - 0x40);
        } else if (!held) {
          pass(second, c, kept);
        }
      }
      return kept.toByteArray();
    }

    /** Passes a byte that is no part of a control of C1. */
    private void pass(boolean second, int c, ByteArrayOutputStream kept) {
      switch (c) {
        case 0x1b -> place = Place.ESCAPE;
        case 0x18, 0x1a -> place = Place.TEXT;
        case '\n' -> {
          // A string need not have an end: Linux's own ESC ] R has none, and what is no text may
          // hold the beginning of one. What a guest prints later must not be hidden by that.
          place = Place.TEXT;
          kept.write(c);
        }
        default -> {
          switch (place) {
            case TEXT -> text(second, c, kept);
            case ESCAPE -> place = afterEscape(c);
            case SEQUENCE -> place = c >= 0x40 && c <= 0x7e ? Place.TEXT : Place.SEQUENCE;
            case STRING -> place = c == 0x07 ? Place.TEXT : Place.STRING;
          }
        }
      }
    }

    private static void text(boolean second, int c, ByteArrayOutputStream kept) {
      if (c >= 0x20 && c != 0x7f || c == '\t') {
        if (second) {
          // Only before what followed it: something else would make a control of it again.
          kept.write(0xc2);
        }
        kept.write(c);
      }
    }

    /** ESC \, which ends a string, is like any other pair: it leads to text. */
    private static Place afterEscape(int c) {
      return switch (c) {
        case '[' -> Place.SEQUENCE;
        case ']', 'P', 'X', '^', '_' -> Place.STRING;
        default -> c >= 0x20 && c <= 0x2f ? Place.ESCAPE : Place.TEXT;
      };
    }
  }
}
