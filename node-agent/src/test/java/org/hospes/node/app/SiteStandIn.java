package org.hospes.node.app;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import javax.xml.namespace.QName;
import org.hospes.contract.common.Forward;
import org.hospes.contract.common.SignatureForm;
import org.hospes.contract.common.SignedImage;
import org.hospes.contract.node.Countersign;
import org.hospes.contract.node.CountersignResponse;
import org.hospes.contract.node.Guest;
import org.hospes.contract.node.GuestOrder;
import org.hospes.contract.node.Heartbeat;
import org.hospes.contract.node.HeartbeatResponse;
import org.hospes.contract.node.Inspect;
import org.hospes.contract.node.NodePort;
import org.hospes.contract.node.Prepare;
import org.hospes.contract.node.ReadConsole;
import org.hospes.contract.node.Register;
import org.hospes.contract.node.RegisterResponse;
import org.hospes.contract.node.Remove;
import org.hospes.contract.node.Start;
import org.hospes.contract.node.Stop;
import org.hospes.contract.registry.RegistryPort;
import org.hospes.image.manifest.ManifestFormat;
import org.hospes.image.testimages.TestSignatures;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.testpki.TestPki;
import org.hospes.wire.security.ClientLimits;
import org.hospes.wire.security.ExpectedServer;
import org.hospes.wire.security.SecureClient;
import org.hospes.wire.security.SecureServer;

/**
 * Stands in for service and repository, for a person who tries one agent by hand:
 *
 * <pre>SiteStandIn DIRECTORY IMAGE OWN-ADDRESS NODE-ADDRESS</pre>
 *
 * writes {@code DIRECTORY/node-agent.yaml} and papers, listens on port 9443, and reads commands:
 * {@code prepare [GUESTPORT]}, {@code start}, {@code stop}, {@code inspect}, {@code console},
 * {@code remove}, each of the last guest prepared or of the id given.
 */
public final class SiteStandIn implements RegistryPort {
  private final String instance;
  private long epoch;

  private long receipts;

  private SiteStandIn(String instance) {
    this.instance = instance;
  }

  /** See above. */
  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    Path image = Path.of(arguments[1]);
    String own = arguments[2];
    String node = arguments[3];
    TestPki pki = TestPki.create(directory.resolve("pki"));
    Credential service = pki.host("service.test", own);
    Credential builder = pki.user("Bob Builder");
    org.hospes.image.SignedImage papers =
        TestSignatures.sign(
            image, "tiny", "1", org.hospes.image.SignatureForm.CLASSIC_SHA1, builder);
    writeNode(directory, pki, own, node);
    SecureServer.at(new InetSocketAddress(own, 9443))
        .credential(() -> service)
        .paths(pki.validator())
        .mutual(
            "/registry",
            new SiteStandIn(UUID.randomUUID().toString()),
            RegistryPort.class,
            "wsdl/registry.wsdl")
        .bytes("/images/*", new OneImage(image))
        .start();
    SecureClient client = new SecureClient(() -> service, pki.validator(), ClientLimits.defaults());
    NodePort port =
        client.mutual(
            NodePort.class,
            new QName("urn:hospes:node:1:wsdl", "NodeService"),
            "wsdl/node.wsdl",
            URI.create("https://" + node + ":9445/node"),
            ExpectedServer.host(node));
    System.out.println("READY");
    obey(port, papers, own);
  }

  private static void obey(NodePort port, org.hospes.image.SignedImage papers, String own)
      throws Exception {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String last = "";
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.strip().split(" +");
      String id = words.length > 1 && words[1].length() == 36 ? words[1] : last;
      long began = System.nanoTime();
      try {
        switch (words[0]) {
          case "prepare" -> {
            GuestOrder order = order(papers, own, words.length > 1 ? words[1] : "80");
            if (id.length() == 36 && words.length > 1 && words[1].length() == 36) {
              order.setId(id);
            }
            last = order.getId();
            Prepare request = new Prepare();
            request.setOrder(order);
            print(port.prepare(request).getGuest());
          }
          case "start" -> {
            Start request = new Start();
            request.setId(id);
            print(port.start(request).getGuest());
          }
          case "stop" -> {
            Stop request = new Stop();
            request.setId(id);
            print(port.stop(request).getGuest());
          }
          case "remove" -> {
            Remove request = new Remove();
            request.setId(id);
            print(port.remove(request).getGuest());
          }
          case "inspect" -> {
            Inspect request = new Inspect();
            request.setId(id);
            print(port.inspect(request).getGuest());
          }
          case "console" -> {
            ReadConsole request = new ReadConsole();
            request.setId(id);
            request.setMaxBytes(1 << 16);
            System.out.println(
                new String(
                    port.readConsole(request).getChunk().getBytes(), StandardCharsets.UTF_8));
          }
          case "quit" -> System.exit(0);
          default -> System.out.println("what?");
        }
      } catch (Exception e) {
        System.out.println(
            e
                + " "
                + org.hospes.wire.refusal.Refusals.of(e)
                    .map(r -> r.code() + " " + r.facts())
                    .orElse(""));
      }
      System.out.println("(" + (System.nanoTime() - began) / 1_000_000 + " ms)");
    }
  }

  private static void print(Guest guest) {
    System.out.println(
        guest.getId()
            + " "
            + guest.getPhase()
            + " "
            + guest.getAddress()
            + " "
            + guest.getForward().stream()
                .map(f -> f.getHostAddress() + ":" + f.getHostPort() + "->" + f.getGuestPort())
                .toList()
            + " "
            + guest.getMoment().stream().map(m -> m.getAt() + " " + m.getWhat()).toList()
            + Optional.ofNullable(guest.getRefusal())
                .map(r -> " REFUSED " + r.getCode() + " " + r.getMessage())
                .orElse(""));
  }

  private static GuestOrder order(org.hospes.image.SignedImage papers, String own, String guestPort)
      throws Exception {
    GuestOrder order = new GuestOrder();
    String digest = ManifestFormat.parse(papers.manifest()).sha256().toString();
    order.setId(UUID.randomUUID().toString());
    order.setName("hello");
    order.setOwner("/DC=org/DC=hospes/CN=Ada Physicist");
    order.setVirtualOrganisation("demo");
    order.setImageDigest(digest);
    SignedImage xml = new SignedImage();
    xml.setManifest(papers.manifest());
    xml.setForm(SignatureForm.fromValue(papers.form().name()));
    xml.setSignature(papers.signature());
    xml.getCertificate().add(papers.chain().get(0).getEncoded());
    order.setImage(xml);
    order.getSource().add("https://" + own + ":9443/images/" + digest.replace(":", "/"));
    order.setCpus(1);
    order.setMemoryBytes(256L << 20);
    if (guestPort.length() < 6) {
      Forward forward = new Forward();
      forward.setGuestPort(Integer.parseInt(guestPort));
      order.getForward().add(forward);
    }
    order.setUserData("#!/bin/sh\necho hello\n".getBytes(StandardCharsets.UTF_8));
    order.setLeaseEnds(Instant.now(Clock.systemUTC()).plus(Duration.ofHours(1)));
    return order;
  }

  private static void writeNode(Path directory, TestPki pki, String own, String node)
      throws IOException {
    Credential host = pki.host("node.test", node);
    Path policy = directory.resolve("image-policy.yaml");
    Files.writeString(
        policy,
        """
        forms: [cms, classic-sha256, classic-sha1]
        signers:
          - dn: "/DC=org/DC=hospes/CN=Bob Builder"
            vos: [demo]
        """);
    String dn = DistinguishedName.ofSubject(pki.host("service.test", own).leaf()).slash();
    Files.writeString(
        directory.resolve("node-agent.yaml"),
        String.join(
            "\n",
            List.of(
                "name: node1",
                "address: https://" + node + ":9445",
                "host-certificate: " + pki.writeCertificate(host, "node.pem"),
                "host-key: " + pki.writeKey(host, "node.key"),
                "ca-directory: " + pki.caDirectory(),
                "service: {address: 'https://" + own + ":9443', dn: '" + dn + "'}",
                "repository-dn: '" + dn + "'",
                "image-policy: " + policy,
                "audit-log: " + directory.resolve("audit.jsonl"),
                "hypervisor: {emulation: tcg}",
                "network: {refused-networks: [198.51.100.0/24]}",
                "capacity: {cpus: 16, memory: 4G}",
                "")));
  }

  @Override
  public RegisterResponse register(Register request) {
    System.out.println(
        "registered " + request.getName() + " " + request.getFacts().getHypervisor());
    RegisterResponse response = new RegisterResponse();
    response.setServiceInstance(instance);
    response.setEpoch(++epoch);
    response.setHeartbeatSeconds(5);
    return response;
  }

  @Override
  public HeartbeatResponse heartbeat(Heartbeat request) {
    HeartbeatResponse response = new HeartbeatResponse();
    response.setKnown(true);
    response.setServiceInstance(instance);
    response.setEpoch(++epoch);
    return response;
  }

  @Override
  public CountersignResponse countersign(Countersign request) {
    CountersignResponse response = new CountersignResponse();
    response.setHeads(new byte[0]);
    for (String line : new String(request.getLines(), StandardCharsets.UTF_8).split("\n")) {
      receipts += line.startsWith("{\"receipt\":") ? 1 : 0;
    }
    response.setNext(receipts + 1);
    return response;
  }

  /** Serves one file in ranges. */
  private static final class OneImage extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private final transient Path file;

    OneImage(Path file) {
      this.file = file;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      byte[] all = Files.readAllBytes(file);
      String[] range = request.getHeader("Range").substring("bytes=".length()).split("-");
      int from = Integer.parseInt(range[0]);
      int to = Integer.parseInt(range[1]) + 1;
      response.setStatus(206);
      response.setHeader("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + all.length);
      response.setContentLength(to - from);
      response.getOutputStream().write(all, from, to - from);
    }
  }
}
