package org.hospes.node.sandbox;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.hospes.image.Digest;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.hypervisor.InMemoryHypervisor;

/**
 * A hypervisor that opens what its guests are made of, as a real one does, and keeps it open; and
 * that says of each guest that begins to run which of its files are not what they should be.
 */
final class Witness {
  /** What somebody does at a moment of their choice, once. */
  interface Deed {
    void run() throws IOException;
  }

  private record Opened(String name, FileChannel bytes) {}

  final Hypervisor hypervisor;
  private final Map<UUID, List<Opened>> open = new HashMap<>();
  private final Map<UUID, Map<String, String>> expected = new ConcurrentHashMap<>();
  private final List<UUID> ran = new CopyOnWriteArrayList<>();
  private final List<String> wrong = new CopyOnWriteArrayList<>();
  private Deed before;
  private Deed after;

  Witness(InMemoryHypervisor machine) {
    hypervisor =
        (Hypervisor)
            Proxy.newProxyInstance(
                Hypervisor.class.getClassLoader(),
                new Class<?>[] {Hypervisor.class},
                (self, method, arguments) -> {
                  boolean starts =
                      method.getName().equals("startPaused")
                          || method.getName().equals("restorePaused");
                  if (starts) {
                    open((GuestSpec) arguments[0], arguments.length > 1 ? arguments[1] : null);
                  } else if (method.getName().equals("resume")) {
                    look((UUID) arguments[0]);
                  }
                  try {
                    return method.invoke(machine, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  } finally {
                    if (starts) {
                      after();
                    }
                  }
                });
  }

  /** Of this guest the file of that name must have this SHA-256 whenever it begins to run. */
  void expect(UUID id, String name, Digest sha256) {
    expected.computeIfAbsent(id, guest -> new ConcurrentHashMap<>()).put(name, sha256.hex());
  }

  /** What is done right before the next guest's files are opened, and right after that. */
  synchronized void atOpen(Deed first, Deed then) {
    before = first;
    after = then;
  }

  private synchronized void open(GuestSpec spec, Object memory) throws HypervisorException {
    try {
      Deed deed = before;
      before = null;
      if (deed != null) {
        deed.run();
      }
      forget(spec.id());
      List<Opened> files = new ArrayList<>();
      open.put(spec.id(), files);
      for (GuestDisk disk : spec.disks()) {
        for (int i = 0; i < disk.layers().size(); i++) {
          Path file = disk.layers().get(i).path();
          // The base is expected by what it is, wherever it lies.
          files.add(opened(i == 0 ? file.getFileName().toString() : "base", file));
        }
      }
      if (memory != null) {
        files.add(opened("memory.save", (Path) memory));
      }
    } catch (IOException e) {
      throw new HypervisorException(
          HypervisorException.Kind.REFUSED, "cannot open a disk: " + e, Map.of(), e);
    }
  }

  private static Opened opened(String name, Path file) throws IOException {
    return new Opened(name, FileChannel.open(file, StandardOpenOption.READ));
  }

  private synchronized void after() throws IOException {
    Deed deed = after;
    after = null;
    if (deed != null) {
      deed.run();
    }
  }

  private synchronized void look(UUID id) throws IOException {
    Map<String, String> good = expected.getOrDefault(id, Map.of());
    for (Opened file : open.getOrDefault(id, List.of())) {
      ByteBuffer bytes = ByteBuffer.allocate((int) file.bytes.size());
      while (bytes.hasRemaining() && file.bytes.read(bytes, bytes.position()) >= 0) {
        // until all of it is there
      }
      String found = Digest.sha256Of(bytes.array()).hex();
      String wanted = good.get(file.name);
      if (wanted != null && !wanted.equals(found)) {
        wrong.add(file.name + " of " + id + ": expected " + wanted + ", found " + found);
      }
    }
    ran.add(id);
  }

  /** Every file of a guest that ran which was not what was expected. */
  List<String> wrong() {
    return wrong;
  }

  /** How often this guest began to run. */
  long ran(UUID id) {
    return ran.stream().filter(id::equals).count();
  }

  /** Closes what this guest held. */
  synchronized void forget(UUID id) throws IOException {
    for (Opened file : open.getOrDefault(id, List.of())) {
      file.bytes.close();
    }
    open.remove(id);
  }
}
