package org.hospes.node.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.hospes.image.Digest;
import org.hospes.image.policy.ImagePolicy;
import org.hospes.node.imagecache.ImageCache;
import org.hospes.node.journal.ServiceMemory;
import org.hospes.node.network.GuestNetwork;
import org.hospes.node.receipt.ReceiptReference;
import org.hospes.node.sandbox.GuestView;
import org.hospes.node.sandbox.GuestWatch;
import org.hospes.node.sandbox.Guests;
import org.hospes.node.servicesoap.NodeSight;
import org.hospes.settings.Watched;

/** What this node says of itself, gathered from its parts. */
final class Sight implements NodeSight {
  private final Fixed fixed;
  private final Path disks;
  private final Watched<ImagePolicy> policy;
  private final ImageCache cache;
  private final Guests guests;
  private final GuestWatch watch;
  private final GuestNetwork network;
  private final ServiceMemory memory;
  private final NodeReceipts receipts;
  private final Supplier<List<String>> more;

  Sight(
      Fixed fixed,
      Path disks,
      Watched<ImagePolicy> policy,
      ImageCache cache,
      Guests guests,
      GuestWatch watch,
      GuestNetwork network,
      ServiceMemory memory,
      NodeReceipts receipts,
      Supplier<List<String>> more) {
    this.fixed = fixed;
    this.disks = disks;
    this.policy = policy;
    this.cache = cache;
    this.guests = guests;
    this.watch = watch;
    this.network = network;
    this.memory = memory;
    this.receipts = receipts;
    this.more = more;
  }

  @Override
  public Fixed fixed() {
    return fixed;
  }

  @Override
  public long diskFreeBytes() {
    try {
      return Files.getFileStore(disks).getUsableSpace();
    } catch (IOException e) {
      return 0;
    }
  }

  @Override
  public Digest policyDigest() {
    return policy.get().digest();
  }

  @Override
  public List<Digest> images() {
    return cache.contents();
  }

  @Override
  public List<Digest> quarantined() {
    return cache.quarantined();
  }

  @Override
  public List<GuestView> guests() {
    return guests.views();
  }

  @Override
  public Optional<ReceiptReference> receiptHead() {
    return receipts.head();
  }

  @Override
  public List<String> warnings() {
    List<String> all = new ArrayList<>();
    memory.objection().ifPresent(all::add);
    policy.lastProblem().ifPresent(problem -> all.add("image policy: " + problem));
    all.addAll(watch.warnings());
    all.addAll(network.warnings());
    receipts.trouble().ifPresent(all::add);
    all.addAll(more.get());
    all.addAll(policy.get().warnings());
    return all;
  }
}
