package org.hospes.node.disk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** A volume group on a file of its own, for tests where there is a device mapper. */
public final class VolumesLab implements AutoCloseable {
  private final VolumeGroup group;
  private final String loop;

  private VolumesLab(VolumeGroup group, String loop) {
    this.group = group;
    this.loop = loop;
  }

  /** Makes a group of this many MiB in a file of this folder. */
  public static VolumesLab raise(Path folder, String name, int mebibytes) throws Exception {
    Path file = folder.resolve(name + ".group");
    run("truncate", "-s", mebibytes + "M", file.toString());
    String loop = run("losetup", "--find", "--show", file.toString()).strip();
    run("vgcreate", "-y", name, loop);
    return new VolumesLab(VolumeGroup.here(name, VolumeGroup.tagOf("tests")), loop);
  }

  public VolumeGroup group() {
    return group;
  }

  /** Leaves bytes where volumes will be made. */
  void fill(byte with) throws Exception {
    String name = "hospestests-before";
    run("lvcreate", "-y", "-Wn", "-n", name, "-l", "100%FREE", group.name());
    byte[] block = new byte[1 << 20];
    Arrays.fill(block, with);
    try (OutputStream out = Files.newOutputStream(group.devices().resolve(name))) {
      for (long left = group.find(name).orElseThrow().bytes(); left > 0; left -= block.length) {
        out.write(block);
      }
    }
    run("lvremove", "-y", group.name() + "/" + name);
  }

  @Override
  public void close() throws Exception {
    run("vgremove", "-f", "-y", group.name());
    run("losetup", "-d", loop);
  }

  /** What a program says, which must end well. */
  static String run(String... command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), String.join(" ", command) + ": " + said);
    return said;
  }
}
