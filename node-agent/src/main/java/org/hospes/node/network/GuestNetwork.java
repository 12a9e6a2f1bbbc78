package org.hospes.node.network;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The guests' network of one node. Every method may be called again with the same result, from many
 * threads at once; calls for one workspace come one after the other. The order for one guest is
 * {@link #reserve}, {@link #install}, (the domain is started, paused), {@link #settle}, {@link
 * #readBack}, (the guest runs), {@link #release}.
 */
public interface GuestNetwork extends AutoCloseable {
  /**
   * Chooses address, MAC and host ports for a guest. Touches nothing of the system. Answers with
   * the same attachment for an id that holds one already.
   *
   * @throws NetworkRefusedException when no address or port is left, or a wished port is taken
   */
  Attachment reserve(UUID id, List<ForwardRequest> forwards) throws NetworkRefusedException;

  /**
   * The same for a guest that comes from another node. It gets the address that it had there where
   * that is free here, and of the node's ports the same where they are free; what is not free is
   * chosen anew.
   *
   * @param keepsAddress whether it cannot have another address or gateway, since its memory knows
   *     them
   * @throws NetworkRefusedException {@code guest.address.taken} when it must keep an address that
   *     it cannot have here, and when no address or port is left
   */
  Attachment reserve(
      UUID id, List<ForwardRequest> forwards, FormerNetwork former, boolean keepsAddress)
      throws NetworkRefusedException;

  /**
   * Puts in place all that must stand before the guest's interface exists: bridge, DHCP, the rules
   * keyed by the interface's name, the forwards.
   */
  void install(Attachment attachment) throws NetworkRefusedException;

  /**
   * Sets what can only be set on an interface that exists (isolation and learning of the bridge
   * port). The domain is paused while this runs.
   */
  void settle(Attachment attachment) throws NetworkRefusedException;

  /**
   * Reads the rules, the forwards and the bridge port back from the kernel and compares them with
   * what the attachment demands.
   *
   * @throws NetworkRefusedException with what was expected and what was found; the guest must then
   *     not run
   */
  void readBack(Attachment attachment) throws NetworkRefusedException;

  /**
   * Takes away whatever there is for this id, also what a killed agent left half done, and frees
   * its address and ports. Does nothing when there is nothing.
   */
  void release(UUID id) throws NetworkRefusedException;

  /**
   * Called once at the start of the agent, before any other method: takes up what the journal says
   * is held, puts back of it what is missing (rules of running guests after somebody flushed the
   * tables), and takes away what is owned by the agent but held by nobody.
   */
  void recover(Collection<Attachment> held) throws NetworkRefusedException;

  /**
   * Looks whether the sandbox of every installed guest still stands, and puts back what somebody
   * took away or changed: a reload of the site's own packet filter flushes every table. To be
   * called every few seconds; changes nothing when nothing differs.
   *
   * @return what was found to differ, and was put back; empty when all is well
   */
  Optional<String> uphold() throws NetworkRefusedException;

  /** The address that forwards are reached at, for the node's facts. */
  String forwardAddress();

  /** What an operator should know, one line each; empty when all is well. */
  List<String> warnings();

  /**
   * Takes down everything that the agent owns: rules, bridge, DHCP server. For a node that leaves
   * the site. Works whether or not {@link #recover} ran.
   */
  void dismantle() throws NetworkRefusedException;

  /** Lets go of what this process holds; guests' networking goes on. */
  @Override
  void close();
}
