package org.hospes.node.hypervisor;

import static org.hospes.node.hypervisor.HypervisorContract.assertKind;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.junit.jupiter.api.Test;

/** What every hypervisor must do with a console that is typed on, if it has any. */
public interface ConsoleContract extends HypervisorContract {
  @Test
  default void aConsoleIsOpenForAsLongAsTheGuestIsThere() throws Exception {
    GuestSpec spec = guest();
    assertKind(Kind.NOT_FOUND, () -> hypervisor().openConsole(spec.id()));
    try {
      hypervisor().startPaused(spec);
      if (!hypervisor().capabilities().abilities().contains(Ability.ATTACH)) {
        assertKind(Kind.REFUSED, () -> hypervisor().openConsole(spec.id()));
        return;
      }
      byte[] piece = new byte[64];
      ConsoleLine left = hypervisor().openConsole(spec.id());
      assertEquals(0, left.read(piece), "nothing runs yet");
      left.close();
      left.close();
      assertEquals(-1, left.read(piece));
      assertEquals(-1, left.type(piece, 0, 1));
      try (ConsoleLine line = hypervisor().openConsole(spec.id())) {
        hypervisor().resume(spec.id());
        assertEquals(1, line.type(new byte[] {'x'}, 0, 1));
        hypervisor().destroy(spec.id());
        while (line.read(piece) >= 0) {
          Thread.onSpinWait();
        }
        assertEquals(-1, line.type(piece, 0, 1));
      }
    } finally {
      hypervisor().destroy(spec.id());
    }
  }
}
