package org.hospes.node.libvirt;

import static org.hospes.node.hypervisor.HypervisorContract.assertKind;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;
import org.hospes.node.hypervisor.HypervisorException.Kind;
import org.hospes.node.libvirt.XenDomains.Listed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class XenDomainsTest {
  private static final UUID GUEST = UUID.fromString("5b7f2c1e-94a0-4c5e-8d3e-1f6a70c2b9d4");

  /** As {@code xl list -v} of Xen 4.17 prints it. */
  private static final String LISTING =
      """
      Name                                        ID   Mem VCPUs\tState\tTime(s)   UUID                            Reason-Code\tSecurity Label
      Domain-0                                     0  1536     1     r-----      61.2 00000000-0000-0000-0000-000000000000        -                -
      hospes-5b7f2c1e-94a0-4c5e-8d3e-1f6a70c2b9d4  3   256     1     --p---       0.0 5b7f2c1e-94a0-4c5e-8d3e-1f6a70c2b9d4        -                -
      (null)                                       4     0     0     --p--d       0.0 c0a8e6b2-3d2f-4f0a-9f44-0d3c5a1b7e86        -                -
      """;

  @TempDir Path folder;

  /** A tool that prints the listing as long as no domain was destroyed, and notes what it did. */
  private XenDomains tool(boolean works) throws Exception {
    Path listing = Files.writeString(folder.resolve("listing"), LISTING);
    Path script =
        Files.writeString(
            folder.resolve("xl"),
            """
            case $1 in
              list) cat %1$s ;;
              destroy) %3$s; echo "$2" >> %2$s; sed -i "/ $2  *[0-9]/d" %1$s ;;
            esac
            """
                .formatted(
                    listing,
                    folder.resolve("ended"),
                    works ? ":" : "echo 'libxl: no such thing' >&2; exit 1"));
    return new XenDomains(List.of("sh", script.toString()));
  }

  private static Listed listed(String name, int number, UUID id) {
    return new Listed(name, number, id, OptionalInt.empty());
  }

  @Test
  void readsWhatXlLists() throws Exception {
    assertEquals(
        List.of(
            listed("Domain-0", 0, new UUID(0, 0)),
            listed("hospes-" + GUEST, 3, GUEST),
            listed("(null)", 4, UUID.fromString("c0a8e6b2-3d2f-4f0a-9f44-0d3c5a1b7e86"))),
        XenDomains.parse(LISTING));
    assertKind(Kind.UNKNOWABLE, () -> XenDomains.parse("Name ID\nsomething else\n"));
  }

  /** As it prints one that suspended itself, and one that powered itself off. */
  @Test
  void tellsWhyADomainNoLongerRuns() throws Exception {
    String standing =
        """
        Name                                        ID   Mem VCPUs\tState\tTime(s)   UUID                            Reason-Code\tSecurity Label
        spike                                       19   256     1     ---ss-      52.6 b01f4702-677e-4bd6-82e5-7960cbb5c532        2                -
        off                                         20   256     0     ---s--     105.1 5b7f2c1e-94a0-4c5e-8d3e-1f6a70c2b9d4        0                -
        """;
    assertEquals(
        List.of(OptionalInt.of(Listed.SUSPENDED), OptionalInt.of(0)),
        XenDomains.parse(standing).stream().map(Listed::shutdown).toList());
  }

  @Test
  void aGuestsDomainIsItsUuidUnderItsOwnNameOrNoneYet() {
    assertTrue(listed("hospes-" + GUEST, 3, GUEST).is(GUEST));
    assertTrue(listed("(null)", 3, GUEST).is(GUEST));
    assertFalse(listed("somebody-elses", 3, GUEST).is(GUEST));
    assertFalse(listed("hospes-" + GUEST, 3, UUID.randomUUID()).is(GUEST));
    assertFalse(listed("(null)", 0, new UUID(0, 0)).is(new UUID(0, 0)));
  }

  @Test
  void endsTheGuestsAndNoOther() throws Exception {
    XenDomains domains = tool(true);
    for (Listed domain : domains.of(GUEST)) {
      domains.end(domain);
    }
    assertEquals("3\n", Files.readString(folder.resolve("ended")));
    assertEquals(List.of(), domains.of(GUEST));
  }

  @Test
  void oneThatCannotBeEndedIsAFailureWithWhatTheToolSaid() throws Exception {
    XenDomains domains = tool(false);
    var refused = assertKind(Kind.FAILED, () -> domains.end(domains.of(GUEST).get(0)));
    assertTrue(refused.getMessage().contains("no such thing"), refused.getMessage());
  }
}
