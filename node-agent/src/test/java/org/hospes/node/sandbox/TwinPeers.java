package org.hospes.node.sandbox;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hospes.contract.GuestFiles;
import org.hospes.image.fetch.RangeSource;
import org.hospes.trust.path.DistinguishedName;

/** Nodes of one process, which fetch each other's files without a wire between them. */
final class TwinPeers implements Peers {
  private static final Pattern PATH = Pattern.compile("/guests/([^/]+)/files/(.+)");
  private static final Pattern AHEAD = Pattern.compile("/ahead/([^/]+)/(.+)");

  private final Map<DistinguishedName, Peers> others = new ConcurrentHashMap<>();

  /** From now on there is this node, which knows the one that asks by this name. */
  void meet(DistinguishedName name, TestNode other, DistinguishedName own) {
    others.put(name, host -> new Twin(other, own));
  }

  /** From now on whoever answers to this name is this. */
  void meet(DistinguishedName name, Peers other) {
    others.put(name, other);
  }

  /** A node as another one finds it. */
  private record Twin(TestNode other, DistinguishedName own) implements RangeSource {
    @Override
    public InputStream open(URI address, long from, long to) throws IOException {
      InputStream bytes = Files.newInputStream(file(address, "").file());
      bytes.skipNBytes(from);
      return bytes;
    }

    private ExportedFile file(URI address, String behind) throws IOException {
      Matcher asked = PATH.matcher(address.getPath());
      if (!asked.matches() || !address.getPath().endsWith(behind)) {
        throw new IOException("no such path: " + address);
      }
      String name = asked.group(2).substring(0, asked.group(2).length() - behind.length());
      return other
          .handed
          .find(UUID.fromString(asked.group(1)), name, own)
          .orElseThrow(() -> new IOException("status 404: " + address));
    }

    @Override
    public InputStream open(URI address, long atMost) throws IOException {
      Matcher ahead = AHEAD.matcher(address.getPath());
      if (!ahead.matches()) {
        ExportedFile file = file(address, GuestFiles.SUMS);
        ByteArrayOutputStream sums = new ByteArrayOutputStream();
        try (FileChannel channel = FileChannel.open(file.file())) {
          BlockSums.write(channel, file.bytes(), sums);
        }
        return new ByteArrayInputStream(sums.toByteArray());
      }
      Offers.Offered offered =
          other
              .handOvers
              .offers()
              .find(UUID.fromString(ahead.group(1)), ahead.group(2), own)
              .orElseThrow(() -> new IOException("status 404: " + address));
      return offered.state() == Offers.State.WHOLE
          ? Files.newInputStream(offered.file())
          : InputStream.nullInputStream();
    }
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
