package org.hospes.node.sandbox;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.hospes.node.hypervisor.Capabilities;
import org.hospes.node.hypervisor.DiskLayer;
import org.hospes.node.hypervisor.GuestBoot;
import org.hospes.node.hypervisor.GuestDisk;
import org.hospes.node.hypervisor.GuestInterface;
import org.hospes.node.hypervisor.GuestMetadata;
import org.hospes.node.hypervisor.GuestSpec;
import org.hospes.node.hypervisor.Hypervisor;
import org.hospes.node.hypervisor.HypervisorException;
import org.hospes.node.journal.Failure;
import org.hospes.node.journal.GuestOrder;
import org.hospes.node.journal.GuestRecord;
import org.hospes.node.journal.HeldBase;
import org.hospes.node.journal.HookName;
import org.hospes.node.journal.JournalEntry;
import org.hospes.node.network.Attachment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the hypervisor create the domain, its processors standing still; of a guest that ran before,
 * only with the disks, and the memory if it was saved, that it left.
 */
final class DomainHook implements Hook {
  private static final Logger LOG = LoggerFactory.getLogger(DomainHook.class);
  private static final long MEBIBYTE = 1 << 20;

  private final Hypervisor hypervisor;
  private final DiskMaker tools;
  private final GuestFolders folders;
  private final DiskSeals seals;
  private final Map<String, SiteKernel> kernels;
  private final Supplier<String> serviceInstance;
  private final boolean shares;
  private final boolean readOnlyDisks;
  private final Clock clock;

  DomainHook(
      Hypervisor hypervisor,
      DiskMaker tools,
      GuestFolders folders,
      DiskSeals seals,
      List<SiteKernel> kernels,
      Supplier<String> serviceInstance,
      Capabilities capabilities,
      Clock clock) {
    this.hypervisor = hypervisor;
    this.tools = tools;
    this.folders = folders;
    this.seals = seals;
    this.kernels = kernels.stream().collect(Collectors.toMap(SiteKernel::name, k -> k));
    this.serviceInstance = serviceInstance;
    this.shares = capabilities.cpuShares();
    this.readOnlyDisks = capabilities.readOnlyDisks();
    this.clock = clock;
  }

  @Override
  public HookName name() {
    return HookName.DOMAIN;
  }

  @Override
  public JournalEntry.Done setUp(Work work) throws GuestFailedException {
    if (work.record().seal().isPresent()) {
      seals.check(work.record(), work.abandoned());
    } else {
      seals.checkUnused(work.record(), work.abandoned());
    }
    writeSeed(work.record());
    GuestSpec specification = specification(work.record());
    dropFlat(specification.id());
    try {
      if (work.record().remembers()) {
        hypervisor.restorePaused(specification, folders.memory(specification.id()));
      } else {
        hypervisor.startPaused(specification);
      }
    } catch (HypervisorException e) {
      throw GuestFailedException.of(e);
    }
    return JournalEntry.Done.of(clock.instant(), HookName.DOMAIN);
  }

  /**
   * What the guest is told is the order's word, not what lies in the folder since it was prepared,
   * nor what a guest wrote there that could. One that goes on from its memory knows the blocks of
   * the very seed that was sealed; where an earlier agent sealed none it is made anew too, by the
   * same tool of the same files, so that dates alone are not as they were.
   */
  private void writeSeed(GuestRecord record) throws GuestFailedException {
    boolean bound = record.remembers() && record.seal().filter(DiskSeals::holdsSeed).isPresent();
    if (!bound) {
      tools.seed(folders.seed(record.id()), record.order());
    }
  }

  /** No journal tells of it since the guest is wanted to run: nobody asks for it any more. */
  private void dropFlat(UUID id) throws GuestFailedException {
    try {
      GuestFolders.deleteAll(folders.flat(id).getParent());
    } catch (IOException e) {
      throw new GuestFailedException(
          Failure.of(
              Failure.Category.SITE,
              "disk.failed",
              folders.flat(id) + " cannot be deleted: " + e.getMessage()),
          true,
          e);
    }
  }

  @Override
  public void tearDown(GuestRecord record) throws GuestFailedException {
    try {
      hypervisor.destroy(record.id());
    } catch (HypervisorException e) {
      if (e.kind() == HypervisorException.Kind.CONFLICT) {
        LOG.error(
            "workspace={} a domain of this id is not one of Hospes's and is left alone: {}",
            record.id(),
            e.getMessage());
        return;
      }
      throw GuestFailedException.of(e);
    }
  }

  /** The domain that the guest is made as, now that image and network are known. */
  GuestSpec specification(GuestRecord record) throws GuestFailedException {
    GuestOrder order = record.order();
    Attachment attachment = record.attachment().orElseThrow();
    HeldBase base = record.base().orElseThrow();
    List<GuestDisk> disks = new ArrayList<>();
    disks.add(tools.given(folders.overlay(order.id()), new DiskLayer(base.file(), base.format())));
    disks.add(
        readOnlyDisks
            ? GuestDisk.readOnly(folders.seed(order.id()))
            : GuestDisk.writable(folders.seed(order.id())));
    if (order.scratchBytes() > 0) {
      disks.add(GuestDisk.writable(folders.scratch(order.id())));
    }
    return new GuestSpec(
        order.id(),
        GuestSpec.nameOf(order.id()),
        order.cpus(),
        (order.memoryBytes() + MEBIBYTE - 1) / MEBIBYTE * MEBIBYTE,
        shares ? OptionalInt.of(order.cpus() * 1024) : OptionalInt.empty(),
        disks,
        new GuestInterface(attachment.bridge(), attachment.interfaceName(), attachment.mac()),
        boot(base),
        folders.console(order.id()),
        new GuestMetadata(order.id(), order.owner(), order.leaseEnds(), serviceInstance.get()));
  }

  /** Every way to boot that there is here, for people. */
  private String ways() {
    return "the image's own boot loader, "
        + (kernels.isEmpty()
            ? "and nothing else: no kernels are kept"
            : "or one of the site's kernels " + String.join(", ", new TreeSet<>(kernels.keySet())));
  }

  private GuestBoot boot(HeldBase base) throws GuestFailedException {
    if (base.kernel().isEmpty()) {
      return new GuestBoot.OwnLoader();
    }
    SiteKernel kernel = kernels.get(base.kernel().get());
    if (kernel == null) {
      throw GuestFailedException.refused(
          Failure.of(
                  Failure.Category.IMAGE_REFUSED,
                  "image.boot.kernel-unknown",
                  "the image is to boot by the site's kernel '"
                      + base.kernel().get()
                      + "', which this node does not keep")
              .advice("sign the image with its own boot loader, or ask the site for the kernel")
              .fact("found", "the site's kernel " + base.kernel().get())
              .fact("expected", ways()));
    }
    return new GuestBoot.SiteKernel(
        kernel.kernel(), kernel.initrd(), base.commandLine().orElse(""));
  }
}
