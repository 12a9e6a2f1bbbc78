package org.hospes.node.endpoint;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hospes.contract.GuestFiles;
import org.hospes.contract.common.FaultCategory;
import org.hospes.node.sandbox.AuditTrail;
import org.hospes.node.sandbox.BlockSums;
import org.hospes.node.sandbox.ExportedFile;
import org.hospes.node.sandbox.FileExports;
import org.hospes.node.sandbox.GuestFailedException;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyKind;
import org.hospes.wire.bytes.ByteRange;
import org.hospes.wire.bytes.HolesOutput;
import org.hospes.wire.bytes.PartialAnswer;
import org.hospes.wire.refusal.RefusalException;
import org.hospes.wire.security.CallContext;
import org.hospes.wire.security.SecureServerSetup;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of guests for those who may have them; see {@link GuestFiles}. Who that is, {@link
 * FileExports} say. Nothing is sent that is not as long as it must be; what its digest must be is
 * told, and the other side compares. Empty pages are left out for whoever asks for that. Safe for
 * many threads.
 */
public final class FileEndpoint extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(FileEndpoint.class);
  private static final String PATTERN = GuestFiles.PATH + "*";
  private static final Pattern ADDRESS =
      Pattern.compile(
          "/([^/]+)"
              + GuestFiles.FILES
              + "([A-Za-z0-9][A-Za-z0-9._-]{0,63}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,63}){0,3})");
  private static final int BLOCK = 1 << 18;

  /** Each takes a thread of the server's while it lasts. */
  private static final int AT_ONCE = 16;

  /** So that one slow side does not shut the others out. */
  private static final int OF_ONE_CALLER = 8;

  private final transient List<FileExports> exports;
  private final transient AuditTrail audit;
  private final transient Map<DistinguishedName, Integer> underWay = new HashMap<>();

  /**
   * @param exports asked in turn
   */
  public FileEndpoint(List<FileExports> exports, AuditTrail audit) {
    this.exports = List.copyOf(exports);
    this.audit = audit;
  }

  /** Has a server serve it, to those whom an export admits. */
  public SecureServerSetup on(SecureServerSetup server) {
    return server
        .bytes(PATTERN, this)
        .peers(PATTERN, caller -> exports.stream().anyMatch(e -> e.admits(caller)));
  }

  /** How many files are being sent. */
  public synchronized int count() {
    return underWay.values().stream().mapToInt(Integer::intValue).sum();
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    CallContext call = CallContext.of(request);
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("caller", call.caller().dn().slash());
    facts.put("from", call.remoteAddress());
    try {
      if (call.caller().proxy() != ProxyKind.NONE) {
        throw RefusalException.of(
            FaultCategory.NOT_ALLOWED, "node.caller", "files are for hosts, not for proxies");
      }
      ExportedFile file = find(request, call.caller().dn(), facts);
      claim(call.caller().dn());
      try {
        send(request, response, file, facts);
      } finally {
        release(call.caller().dn());
      }
    } catch (RefusalException e) {
      facts.put("decision", "refused");
      facts.put("code", e.code());
      audit.record("file.fetch", facts);
      throw e;
    }
  }

  private ExportedFile find(
      HttpServletRequest request, DistinguishedName caller, Map<String, String> facts) {
    Matcher address = ADDRESS.matcher(String.valueOf(request.getPathInfo()));
    if (!address.matches()) {
      throw absent().fact("expected", GuestFiles.PATH + "ID" + GuestFiles.FILES + "NAME");
    }
    UUID guest = OrderXml.id(address.group(1));
    String name = address.group(2);
    facts.put("workspace", guest.toString());
    facts.put("file", name);
    ExportedFile file = find(guest, plainName(name), caller).orElseThrow(FileEndpoint::absent);
    String wanted = request.getParameter(GuestFiles.DIGEST);
    String found = "sha256:" + file.sha256();
    if (wanted != null && !wanted.equals(found)) {
      throw RefusalException.of(
              FaultCategory.CONFLICT, "file.changed", "the file is another one by now")
          .advice("ask what there is, and fetch that from its beginning")
          .fact("expected", wanted)
          .fact("found", found);
    }
    return file;
  }

  private static String plainName(String name) {
    return name.endsWith(GuestFiles.SUMS)
        ? name.substring(0, name.length() - GuestFiles.SUMS.length())
        : name;
  }

  private Optional<ExportedFile> find(UUID guest, String name, DistinguishedName caller) {
    try {
      for (FileExports each : exports) {
        Optional<ExportedFile> file =
            each.admits(caller) ? each.find(guest, name, caller) : Optional.empty();
        if (file.isPresent()) {
          return file;
        }
      }
      return Optional.empty();
    } catch (GuestFailedException e) {
      throw GuestXml.refusal(e.failure()).causedBy(e);
    }
  }

  private static RefusalException absent() {
    return RefusalException.of(
        FaultCategory.NOT_FOUND, "file.absent", "no such file is here for this caller");
  }

  private synchronized void claim(DistinguishedName caller) {
    int own = underWay.getOrDefault(caller, 0);
    if (count() >= AT_ONCE || own >= OF_ONE_CALLER) {
      throw RefusalException.of(
              FaultCategory.NO_CAPACITY,
              "file.too-many",
              "as many files as this node sends at once are under way")
          .fact("most", own >= OF_ONE_CALLER ? OF_ONE_CALLER : AT_ONCE)
          .advice("try again in a moment");
    }
    underWay.put(caller, own + 1);
  }

  private synchronized void release(DistinguishedName caller) {
    underWay.computeIfPresent(caller, (dn, own) -> own == 1 ? null : own - 1);
  }

  private void send(
      HttpServletRequest request,
      HttpServletResponse response,
      ExportedFile file,
      Map<String, String> facts)
      throws IOException {
    try (FileChannel channel =
        FileChannel.open(file.file(), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      if (channel.size() != file.bytes()) {
        LOG.error(
            "{} NOT SENT: expected {} bytes, found {}", file.file(), file.bytes(), channel.size());
        throw RefusalException.of(
                FaultCategory.SITE, "file.altered", "the file is not as long as it must be")
            .fact("expected", file.bytes())
            .fact("found", channel.size())
            .advice("tell the site's operators, who should find out who wrote there");
      }
      if (facts.get("file").endsWith(GuestFiles.SUMS)) {
        response.setContentType("application/octet-stream");
        response.setContentLengthLong(BlockSums.bytes(file.bytes()));
        facts.put("decision", "allowed");
        audit.record("file.fetch", facts);
        BlockSums.write(channel, file.bytes(), response.getOutputStream());
        return;
      }
      PartialAnswer.Body body =
          PartialAnswer.bodyOf(
              request, response, HexFormat.of().parseHex(file.sha256()), file.bytes());
      ByteRange part = body.range();
      facts.put("decision", "allowed");
      facts.put("offset", Long.toString(part.from()));
      facts.put("bytes", Long.toString(part.length()));
      audit.record("file.fetch", facts);
      OutputStream out = response.getOutputStream();
      if (body.holes()) {
        // Not closed when it fails: a whole end would say that all was sent.
        HolesOutput holes = new HolesOutput(out);
        copy(channel, part, holes);
        holes.flush();
      } else {
        copy(channel, part, out);
      }
    } catch (NoSuchFileException e) {
      // It was deleted after it was found.
      throw absent().causedBy(e);
    }
  }

  /** TLS must see every byte, so the kernel cannot send the file by itself. */
  private static void copy(FileChannel channel, ByteRange part, OutputStream out)
      throws IOException {
    ByteBuffer block = ByteBuffer.allocate((int) Math.max(1, Math.min(BLOCK, part.length())));
    long at = part.from();
    while (at < part.to()) {
      block.clear().limit((int) Math.min(block.capacity(), part.to() - at));
      int read = channel.read(block, at);
      if (read < 0) {
        throw new EOFException("the file became shorter while it was sent");
      }
      out.write(block.array(), 0, read);
      at += read;
    }
  }
}
