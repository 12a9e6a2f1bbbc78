package org.hospes.node.sandbox;

import java.time.Clock;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.hospes.node.hypervisor.Capabilities;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.imagecache.ImageCache;
import org.hospes.node.journal.HookName;
import org.hospes.node.network.GuestNetwork;

/** The list of hooks, in the order of {@link HookName}. */
public final class Hooks {
  final ImageHook image;
  final SandboxHook sandbox;
  final MemorySave memories;
  final DiskSeals seals;
  final SnapshotShelf snapshots;
  final Arrivals arrivals;
  final Expectations expectations;
  private final Map<HookName, Hook> all = new EnumMap<>(HookName.class);

  /**
   * With the parts that the hooks work on.
   *
   * @param restraints of guests on that hypervisor
   * @param capabilities of that hypervisor
   * @param kernels that signed manifests may ask for
   * @param serviceInstance written into each domain
   * @param receipts of boots
   * @param peers where files of guests come from that another node leaves to this one
   */
  public Hooks(
      ImageCache cache,
      GuestNetwork network,
      DiskMaker tools,
      GuestFolders folders,
      Hypervisor hypervisor,
      Restraints restraints,
      Capabilities capabilities,
      List<SiteKernel> kernels,
      Supplier<String> serviceInstance,
      BootReceipts receipts,
      Peers peers,
      Clock clock) {
    image = new ImageHook(cache, clock);
    sandbox = new SandboxHook(network, restraints, clock);
    memories = new MemorySave(hypervisor, tools, folders);
    seals = new DiskSeals(tools, folders);
    snapshots = new SnapshotShelf(image, tools, seals, folders, clock);
    DomainHook domain =
        new DomainHook(
            hypervisor, tools, folders, seals, kernels, serviceInstance, capabilities, clock);
    expectations = new Expectations(peers, tools, folders.ahead(), clock);
    arrivals =
        new Arrivals(peers, expectations, tools, folders, hypervisor, domain::specification, clock);
    for (Hook hook :
        List.of(
            image,
            new NetworkHook(network, clock),
            new DiskHook(tools, folders, clock),
            new SeedHook(tools, folders, clock),
            domain,
            new CompareHook(hypervisor, cache, folders, capabilities, clock),
            new ReceiptedHook(sandbox, domain, seals, hypervisor, folders, receipts),
            new ResumeHook(hypervisor, folders, clock))) {
      all.put(hook.name(), hook);
    }
  }

  Hook get(HookName name) {
    return all.get(name);
  }
}
