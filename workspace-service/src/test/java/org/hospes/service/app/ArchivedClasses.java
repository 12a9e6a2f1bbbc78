package org.hospes.service.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * The program's classes, parsed and verified once for the many processes that a test starts. The
 * first of them tells which classes those are.
 */
final class ArchivedClasses {
  private final Path folder;
  private final String path;
  private boolean made;

  private ArchivedClasses(Path folder, String path) {
    this.folder = folder;
    this.path = path;
  }

  /** Of this process's class path, whose folders become jars: Java archives nothing of a folder. */
  static ArchivedClasses of(Path folder) throws IOException {
    List<String> jars = new ArrayList<>();
    for (String each : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path entry = Path.of(each);
      if (!Files.isDirectory(entry)) {
        jars.add(each);
      } else if (!entry.endsWith("test-classes")) {
        jars.add(jar(entry, folder.resolve("classes-" + jars.size() + ".jar")).toString());
      }
    }
    return new ArchivedClasses(folder, String.join(File.pathSeparator, jars));
  }

  private static Path jar(Path classes, Path jar) throws IOException {
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file);
        Stream<Path> all = Files.walk(classes)) {
      for (Path each : all.sorted().skip(1).toList()) {
        // Folders too: whoever looks for migrations asks for theirs.
        boolean inside = Files.isDirectory(each);
        out.putNextEntry(new JarEntry(classes.relativize(each) + (inside ? "/" : "")));
        if (!inside) {
          Files.copy(each, out);
        }
        out.closeEntry();
      }
    }
    return jar;
  }

  /** The class path of every process. */
  String path() {
    return path;
  }

  /** Of the next process: that it tells its classes, or where it finds them. */
  List<String> options() {
    return made
        ? List.of("-XX:SharedArchiveFile=" + folder.resolve("classes.jsa"))
        : List.of("-XX:DumpLoadedClassList=" + folder.resolve("classes.txt"));
  }

  /** Makes the archive of what the first process, which has ended, told. */
  void make(Path java) throws IOException, InterruptedException {
    Set<String> signed = signed();
    Path list = folder.resolve("classes.txt");
    // Classes of signed jars are not archived; that their lambdas are not either, Java 17 forgets,
    // and crashes.
    Files.write(
        list,
        Files.readAllLines(list).stream()
            .filter(
                line ->
                    !line.startsWith("@lambda-proxy ") || !signed.contains(line.split(" ", 3)[1]))
            .toList());
    Path log = folder.resolve("archive.log");
    int exit =
        new ProcessBuilder(
                java.toString(),
                "-Xshare:dump",
                "-XX:+UseSerialGC",
                "-XX:SharedClassListFile=" + list,
                "-XX:SharedArchiveFile=" + folder.resolve("classes.jsa"),
                "-cp",
                path)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    assertEquals(0, exit, () -> "no archive of classes, see " + log);
    made = true;
  }

  private Set<String> signed() throws IOException {
    Set<String> classes = new HashSet<>();
    for (String each : path.split(File.pathSeparator)) {
      try (JarFile jar = new JarFile(each, false)) {
        List<String> names = jar.stream().map(JarEntry::getName).toList();
        if (names.stream().anyMatch(name -> name.matches("META-INF/[^/]*\\.SF"))) {
          names.stream()
              .filter(name -> name.endsWith(".class"))
              .forEach(name -> classes.add(name.substring(0, name.length() - 6)));
        }
      }
    }
    return classes;
  }
}
