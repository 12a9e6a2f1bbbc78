package org.hospes.node.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Addresses and ports, of guests that are made here and of those that come. */
class AddressBookTest {
  private static final List<ForwardRequest> WEB =
      List.of(new ForwardRequest(OptionalInt.empty(), 80));

  private final Random random = new Random(7);
  private final AddressBook book = book("192.168.150.0/24", "198.51.100.11");

  private static AddressBook book(String subnet, String forwardAddress) {
    return new AddressBook("hospes0", Subnet.parse(subnet), forwardAddress, 30_000, 30_009);
  }

  private UUID id() {
    return new UUID(random.nextLong(), random.nextLong());
  }

  @Test
  void guestsOfTwoNodesRarelyHaveTheSameAddress() throws Exception {
    AddressBook other = book("192.168.150.0/24", "198.51.100.12");
    Set<String> here = new HashSet<>();
    int same = 0;
    for (int i = 0; i < 10; i++) {
      here.add(book.reserve(id(), List.of()).address());
    }
    for (int i = 0; i < 10; i++) {
      same += here.contains(other.reserve(id(), List.of()).address()) ? 1 : 0;
    }
    assertEquals(10, here.size());
    assertTrue(same <= 2, same + " of 10 could not change places");
  }

  @Test
  void everyAddressIsGivenBeforeThereIsNone() throws Exception {
    AddressBook small = book("192.168.150.0/28", "198.51.100.11");
    Set<String> given = new HashSet<>();
    for (int i = 0; i < 13; i++) {
      given.add(small.reserve(id(), List.of()).address());
    }
    assertEquals(13, given.size());
    assertTrue(!given.contains("192.168.150.1") && !given.contains("192.168.150.15"));
    NetworkRefusedException full =
        assertThrows(NetworkRefusedException.class, () -> small.reserve(id(), List.of()));
    assertEquals("network.addresses.exhausted", full.code());
  }

  private FormerNetwork former(int port) throws NetworkRefusedException {
    Attachment there = book("192.168.150.0/24", "198.51.100.12").reserve(id(), WEB);
    return new FormerNetwork(
        there.address(),
        there.mac(),
        there.gateway(),
        List.of(new Forward("198.51.100.12", port, 80)));
  }

  @Test
  void whoComesKeepsAddressAndPort() throws Exception {
    FormerNetwork former = former(30_004);
    Attachment here = book.reserve(id(), WEB, former, true);
    assertEquals(former.address(), here.address());
    assertEquals(former.mac(), here.mac());
    assertEquals(List.of(new Forward("198.51.100.11", 30_004, 80)), here.forwards());
  }

  @Test
  void aPortThatIsTakenIsAnotherOneHere() throws Exception {
    Attachment first = book.reserve(id(), List.of(new ForwardRequest(OptionalInt.of(30_004), 80)));
    Attachment here = book.reserve(id(), WEB, former(30_004), true);
    assertEquals(30_004, first.forwards().get(0).hostPort());
    assertEquals(30_000, here.forwards().get(0).hostPort());
    Attachment outside = book.reserve(id(), WEB, former(40_000), true);
    assertEquals(30_001, outside.forwards().get(0).hostPort());
  }

  @Test
  void anAddressThatIsTakenIsRefusedToAMemoryAndChangedForADisk() throws Exception {
    FormerNetwork former = former(30_004);
    UUID holder = id();
    Attachment unused = book.reserve(holder, List.of(), former, true);
    NetworkRefusedException taken =
        assertThrows(NetworkRefusedException.class, () -> book.reserve(id(), WEB, former, true));
    assertEquals("guest.address.taken", taken.code());
    assertEquals(NetworkRefusedException.Kind.TAKEN, taken.kind());
    assertEquals("held by workspace " + holder, taken.facts().get("found"));
    Attachment changed = book.reserve(id(), WEB, former, false);
    assertTrue(!changed.address().equals(former.address()));
    assertEquals(30_004, changed.forwards().get(0).hostPort());
  }

  @Test
  void anAddressOfAnotherNetworkIsRefusedToAMemory() throws Exception {
    AddressBook elsewhere = book("192.168.151.0/24", "198.51.100.11");
    FormerNetwork former = former(30_004);
    assertEquals(
        "guest.address.taken",
        assertThrows(
                NetworkRefusedException.class, () -> elsewhere.reserve(id(), WEB, former, true))
            .code());
    assertTrue(elsewhere.reserve(id(), WEB, former, false).address().startsWith("192.168.151."));
  }
}
