package org.hospes.node.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hospes.image.fetch.RangeSource;
import org.hospes.trust.path.DistinguishedName;

/** Nodes of one process, which fetch each other's files without a wire between them. */
final class TwinPeers implements Peers {
  private static final Pattern PATH = Pattern.compile("/guests/([^/]+)/files/(.+)");

  private final Map<DistinguishedName, Peers> others = new ConcurrentHashMap<>();

  /** From now on there is this node, which knows the one that asks by this name. */
  void meet(DistinguishedName name, TestNode other, DistinguishedName own) {
    others.put(name, host -> (address, from, to) -> open(other, own, address.getPath(), from));
  }

  /** From now on whoever answers to this name is this. */
  void meet(DistinguishedName name, Peers other) {
    others.put(name, other);
  }

  private static InputStream open(TestNode other, DistinguishedName own, String path, long from)
      throws IOException {
    Matcher asked = PATH.matcher(path);
    if (!asked.matches()) {
      throw new IOException("no such path: " + path);
    }
    ExportedFile file =
        other
            .handed
            .find(UUID.fromString(asked.group(1)), asked.group(2), own)
            .orElseThrow(() -> new IOException("status 404: " + path));
    InputStream bytes = Files.newInputStream(file.file());
    bytes.skipNBytes(from);
    return bytes;
  }

  @Override
  public RangeSource at(DistinguishedName host) {
    Peers there = others.get(host);
    return there != null
        ? there.at(host)
        : (address, from, to) -> {
          throw new IOException("nobody answers at " + address);
        };
  }
}
