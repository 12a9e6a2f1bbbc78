package org.hospes.node.receipt;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.hospes.trust.receipt.MalformedLineException;
import org.hospes.trust.receipt.ReceiptLine;

/** The files of a chain, {@code 00000001.jsonl} and on, none of which is ever written again. */
final class Segments {
  private final Path folder;
  private final List<Path> files;

  Segments(Path folder) throws IOException {
    this.folder = folder;
    Files.createDirectories(folder);
    this.files = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, "????????.jsonl")) {
      all.forEach(files::add);
    }
    Collections.sort(files);
  }

  /** What is done with each line of the chain, in its order. */
  interface Reader {
    void take(Path file, long number, byte[] line, ReceiptLine read) throws IOException;
  }

  /**
   * Reads every line. What a crash left of a line at the very end is cut off, and with it a
   * certificate whose batch is not there.
   *
   * @throws ReceiptsDamagedException when there is a line that the node did not write so
   */
  void read(Reader reader) throws IOException {
    for (int i = 0; i < files.size(); i++) {
      read(files.get(i), i == files.size() - 1, reader);
    }
  }

  private static void read(Path file, boolean last, Reader reader) throws IOException {
    long good = 0;
    long number = 0;
    byte[] papers = null;
    ByteArrayOutputStream line = new ByteArrayOutputStream(2048);
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[1 << 16];
      for (int length = in.read(buffer); length > 0; length = in.read(buffer)) {
        int begin = 0;
        for (int i = 0; i < length; i++) {
          if (buffer[i] != '\n') {
            continue;
          }
          line.write(buffer, begin, i - begin);
          begin = i + 1;
          number++;
          byte[] bytes = line.toByteArray();
          line.reset();
          if (papers != null) {
            give(reader, file, number - 1, papers);
            good += papers.length + 1;
          }
          boolean certificate = bytes.length > 2 && bytes[2] == 'c';
          papers = certificate ? bytes : null;
          if (!certificate) {
            give(reader, file, number, bytes);
            good += bytes.length + 1;
          }
        }
        line.write(buffer, begin, length - begin);
      }
    }
    if (Files.size(file) == good) {
      return;
    }
    if (!last) {
      throw new ReceiptsDamagedException(file, number + 1, "a line that is cut off");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(good);
      channel.force(true);
    }
  }

  private static void give(Reader reader, Path file, long number, byte[] line) throws IOException {
    try {
      reader.take(file, number, line, ReceiptLine.read(line));
    } catch (MalformedLineException e) {
      throw new ReceiptsDamagedException(file, number, e.getMessage());
    }
  }

  /** Opens the newest file to go on behind its last line; the first one when there is none. */
  FileChannel newest() throws IOException {
    if (files.isEmpty()) {
      return next();
    }
    return FileChannel.open(
        files.get(files.size() - 1), StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  /** Begins the next file. */
  FileChannel next() throws IOException {
    int number = 1;
    if (!files.isEmpty()) {
      String name = files.get(files.size() - 1).getFileName().toString();
      number = Integer.parseInt(name.substring(0, 8)) + 1;
    }
    Path file = folder.resolve(String.format(Locale.ROOT, "%08d.jsonl", number));
    FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.APPEND);
    files.add(file);
    try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
      directory.force(true);
    }
    return channel;
  }

  /** The files, oldest first. */
  List<Path> files() {
    return List.copyOf(files);
  }
}
