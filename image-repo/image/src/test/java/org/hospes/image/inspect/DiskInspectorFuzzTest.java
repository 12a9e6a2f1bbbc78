package org.hospes.image.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hospes.image.DiskFormat;
import org.hospes.image.ImageRefusedException;

class DiskInspectorFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void answersOrRefuses(byte[] disk) throws IOException {
    Path file = Files.createTempFile("disk", null);
    try {
      DiskFacts facts = DiskInspector.inspect(Files.write(file, disk));
      assertEquals(disk.length, facts.fileBytes());
      assertTrue(facts.virtualBytes() > 0);
      if (facts.format() == DiskFormat.RAW) {
        assertEquals(0, disk.length % 512);
      }
    } catch (ImageRefusedException e) {
      assertTrue(e.code().startsWith("image.disk."), e.code());
    } finally {
      Files.delete(file);
    }
  }
}
