package org.hospes.trust.receipt;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;

/**
 * Writes chains of receipts for tests and benchmarks, as a node and its service do: segments of
 * nodes and the service's own chain, all below one directory.
 */
public final class ReceiptChains {
  private final Path directory;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final List<byte[]> excerpt = new ArrayList<>();
  private UUID watched;
  private String excerptPapers = "";
  private Credential service;
  private String saidPapers = "";
  private long saidSeq;
  private long saidLines;
  private String saidLast = Hashes.NOTHING;
  private Instant now;

  /** Begins a service's chain at a time. */
  public ReceiptChains(Path directory, Credential service, Instant begin) {
    this.directory = directory;
    this.service = service;
    this.now = begin;
  }

  /** The time that the next line has. */
  public Instant now() {
    return now;
  }

  /** Lets time pass. */
  public void pass(Duration time) {
    now = now.plus(time);
  }

  /** From here on the service signs by other papers. */
  public void serviceBy(Credential next) {
    service = next;
  }

  /** Starts a node's chain, and has the service enrol its key. */
  public Node node(Credential papers) {
    Node node = new Node(papers);
    enrol(node, papers);
    return node;
  }

  /** Starts a node's chain that the service never heard of. */
  public Node stranger(Credential papers) {
    return new Node(papers);
  }

  /** The service takes a key for a node's chain. */
  public void enrol(Node node, Credential papers) {
    saySigned(
        signer ->
            Enrolment.line(
                ++saidSeq,
                saidLast,
                now,
                name(service),
                node.name,
                node.chain,
                Papers.of(papers.chain()).digest(),
                signer));
  }

  private interface Said {
    byte[] by(LineSigner signer);
  }

  private void saySigned(Said line) {
    LineSigner signer = new LineSigner(service);
    papersOfService(signer);
    byte[] bytes = line.by(signer);
    say(bytes);
    excerptPapers = addTo(excerpt, signer.papers(), excerptPapers, bytes);
    saidLast = ReceiptLine.hash(bytes);
  }

  /** Everything from here on goes into the workspace's excerpt: its boots, and what proves them. */
  public void watch(UUID workspace) {
    watch(Excerpt.all(workspace));
  }

  /** The same into a page of its excerpt; what went into the one before is forgotten. */
  public void watch(Excerpt page) {
    watched = page.workspace();
    excerpt.clear();
    excerptPapers = "";
    excerpt.add(page.line());
  }

  private static String addTo(
      List<byte[]> lines, Papers papers, String papersBefore, byte[]... signed) {
    if (!papersBefore.equals(papers.digest())) {
      lines.add(papers.line());
    }
    lines.addAll(List.of(signed));
    return papers.digest();
  }

  /**
   * Writes the workspace's excerpt: its receipts first, the service's lines behind them.
   *
   * @param sealed whether with the service's seal
   */
  public Path writeExcerpt(boolean sealed) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (byte[] line : excerpt) {
      text.writeBytes(line);
      text.write('\n');
    }
    if (sealed) {
      LineSigner signer = new LineSigner(service);
      byte[] seal =
          Seal.line(excerpt.size(), Hashes.hex(text.toByteArray()), now, name(service), signer);
      text.writeBytes(seal);
      text.write('\n');
    }
    return write("excerpt.jsonl", text.toByteArray());
  }

  private void papersOfService(LineSigner signer) {
    if (!saidPapers.equals(signer.papers().digest())) {
      saidPapers = signer.papers().digest();
      say(signer.papers().line());
    }
  }

  private void say(byte[] line) {
    said.writeBytes(line);
    said.write('\n');
    saidLines++;
  }

  /** Writes the service's chain so far, without a seal. */
  public Path writeUnsealed() {
    return write("service.jsonl", said.toByteArray());
  }

  /** Writes the service's chain so far, and its seal behind it. */
  public Path writeSealed() {
    byte[] before = said.toByteArray();
    String papersBefore = saidPapers;
    long linesBefore = saidLines;
    LineSigner signer = new LineSigner(service);
    papersOfService(signer);
    say(Seal.line(saidLines, Hashes.hex(said.toByteArray()), now, name(service), signer));
    Path file = write("service.jsonl", said.toByteArray());
    said.reset();
    said.writeBytes(before);
    saidPapers = papersBefore;
    saidLines = linesBefore;
    return file;
  }

  private Path write(String name, byte[] bytes) {
    try {
      return Files.write(directory.resolve(name), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String name(Credential credential) {
    return DistinguishedName.ofSubject(credential.leaf()).slash();
  }

  static String hash(String of) {
    return Hashes.hex(of.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  /** A node's chain; boots are written into the segment that is open. */
  public final class Node implements AutoCloseable {
    private final UUID chain = UUID.randomUUID();
    private final String name;
    private final List<Path> segments = new ArrayList<>();
    private final List<byte[]> leaves = new ArrayList<>();
    private final Map<Integer, byte[]> ours = new TreeMap<>();
    private Credential papers;
    private OutputStream out;
    private String segmentPapers = "";
    private long seq;
    private long batchedTo;
    private String last = Hashes.NOTHING;
    private String lastBatch = Hashes.NOTHING;
    private byte[] lastBatchLine;
    private MerkleTree tree = new MerkleTree();

    private Node(Credential papers) {
      this.papers = papers;
      this.name = name(papers);
      segment();
    }

    /** The files so far. */
    public List<Path> segments() {
      return segments;
    }

    /** The chain's name. */
    public UUID chain() {
      return chain;
    }

    /** Begins a new file. */
    public void segment() {
      close();
      segmentPapers = "";
      Path file = directory.resolve(chain + "-" + (segments.size() + 1) + ".jsonl");
      segments.add(file);
      try {
        out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** From here on the node signs by other papers, which the service enrols first. */
    public void rollTo(Credential next) {
      papers = next;
      enrol(this, next);
    }

    /** From here on the node signs by papers that nobody enrolled. */
    public void stolenBy(Credential next) {
      papers = next;
    }

    /** Writes one receipt. */
    public byte[] boot(UUID workspace) {
      byte[] line = receipt(workspace, ++seq).line();
      put(line);
      last = ReceiptLine.hash(line);
      tree.add(line);
      if (watched != null) {
        leaves.add(MerkleTree.leafHash(line));
        if (watched.equals(workspace)) {
          ours.put(leaves.size() - 1, line);
        }
      }
      return line;
    }

    private Receipt receipt(UUID workspace, long number) {
      return new Receipt(
          chain,
          number,
          last,
          name,
          now,
          workspace,
          1,
          new Receipt.Image(
              hash("image"),
              Optional.of(hash("manifest")),
              "cms",
              "/DC=org/DC=hospes/CN=Bob \"the\\builder\" M\u00fcller",
              hash("signer"),
              List.of("/DC=org/DC=hospes/CN=Carla", "/DC=org/DC=hospes/CN=Dora"),
              Optional.of("bob"),
              Optional.of(hash("policy"))),
          number % 2 == 0 ? Receipt.Origin.STATE : Receipt.Origin.BASE,
          number % 2 == 0
              ? List.of(new Receipt.StateFile("overlay", 1 << 20, hash("overlay")))
              : List.of(),
          hash("definition"),
          Optional.of(hash("seed")),
          "/DC=org/DC=hospes/CN=Ada",
          number % 3 == 0 ? Optional.empty() : Optional.of("demo"),
          Optional.of(hash("request")),
          number % 3 == 0 ? Optional.of("/DC=org/DC=hospes/CN=Olga") : Optional.empty(),
          ReceiptChains.name(service),
          now);
    }

    /** Signs what was written since the last time. */
    public void batch() {
      LineSigner signer = new LineSigner(papers);
      if (!segmentPapers.equals(signer.papers().digest())) {
        segmentPapers = signer.papers().digest();
        put(signer.papers().line());
      }
      byte[] line =
          Batch.line(
              chain,
              batchedTo + 1,
              seq,
              HexFormat.of().formatHex(tree.root()),
              last,
              lastBatch,
              now,
              signer);
      put(line);
      lastBatch = ReceiptLine.hash(line);
      lastBatchLine = line;
      batchedTo = seq;
      tree = new MerkleTree();
      ours.forEach(
          (index, receipt) -> {
            excerpt.add(receipt);
            excerpt.add(Proof.of(leaves, index).line());
            excerptPapers = addTo(excerpt, signer.papers(), excerptPapers, line);
          });
      ours.clear();
      leaves.clear();
    }

    /** Has the service countersign the last batch. */
    public void head() {
      try {
        Batch batch = (Batch) ReceiptLine.read(lastBatchLine);
        saySigned(
            signer ->
                Head.line(
                    ++saidSeq,
                    saidLast,
                    now,
                    ReceiptChains.name(service),
                    name,
                    chain,
                    batch.to(),
                    lastBatch,
                    batch.root(),
                    signer));
      } catch (MalformedLineException e) {
        throw new IllegalStateException(e);
      }
    }

    private void put(byte[] line) {
      try {
        out.write(line);
        out.write('\n');
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Writes out what is not written yet. */
    @Override
    public void close() {
      try {
        if (out != null) {
          out.close();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
