package org.hospes.node.sandbox;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Random;

/** How a file comes to have other bytes. */
enum Means {
  FLIP {
    @Override
    void alter(Path file, Path elsewhere, Random random) throws IOException {
      writable(file);
      try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
        long at = Math.floorMod(random.nextLong(), bytes.length());
        bytes.seek(at);
        int was = bytes.read();
        bytes.seek(at);
        bytes.write(was ^ (1 << random.nextInt(8)));
      }
    }
  },
  CUT {
    @Override
    void alter(Path file, Path elsewhere, Random random) throws IOException {
      writable(file);
      try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
        bytes.setLength(Math.floorMod(random.nextLong(), bytes.length()));
      }
    }
  },
  LENGTHEN {
    @Override
    void alter(Path file, Path elsewhere, Random random) throws IOException {
      writable(file);
      try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
        bytes.setLength(bytes.length() + 1 + random.nextInt(4096));
      }
    }
  },
  ANOTHER_FILE {
    @Override
    void alter(Path file, Path elsewhere, Random random) throws IOException {
      Files.move(standIn(file, elsewhere, random), file, StandardCopyOption.REPLACE_EXISTING);
    }
  },
  SYMBOLIC_LINK {
    @Override
    void alter(Path file, Path elsewhere, Random random) throws IOException {
      Path other = standIn(file, elsewhere, random);
      Files.delete(file);
      Files.createSymbolicLink(file, other);
    }
  },
  HARD_LINK {
    @Override
    void alter(Path file, Path elsewhere, Random random) throws IOException {
      Path other = standIn(file, elsewhere, random);
      Files.delete(file);
      Files.createLink(file, other);
    }
  };

  /**
   * Alters it.
   *
   * @param elsewhere a folder on the same file system for what takes its place
   */
  abstract void alter(Path file, Path elsewhere, Random random) throws IOException;

  static Means any(Random random) {
    return values()[random.nextInt(values().length)];
  }

  /** The same bytes but for one. */
  static byte[] altered(byte[] bytes, Random random) {
    byte[] other = bytes.clone();
    other[random.nextInt(other.length)] ^= (byte) (1 << random.nextInt(8));
    return other;
  }

  static Path standIn(Path file, Path elsewhere, Random random) throws IOException {
    Path other = Files.createTempFile(elsewhere, "altered", "");
    return Files.write(other, altered(Files.readAllBytes(file), random));
  }

  private static void writable(Path file) throws IOException {
    if (!Files.isWritable(file) && !file.toFile().setWritable(true)) {
      throw new IOException(file + " cannot be made writable");
    }
  }

  /** Whether the file is plain and has exactly these bytes. */
  static boolean has(Path file, byte[] bytes) throws IOException {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
        && Arrays.equals(bytes, Files.readAllBytes(file));
  }
}
