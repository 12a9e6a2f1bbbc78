package org.hospes.bench;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/**
 * The domain that the node agent made, once more under another name, with a fresh overlay over the
 * same image and copies of what else it reads, for libvirt to create by itself.
 */
final class DomainCopy {
  private static final String FOLDER = "/var/lib/hospes/bench";
  private static final String XML = FOLDER + "/domain.xml";

  private final LibvirtNode node;
  private final String name;

  private DomainCopy(LibvirtNode node, String name) {
    this.node = node;
    this.name = name;
  }

  /** Everything is made ready here, while the guest it is made after still runs. */
  static DomainCopy of(LibvirtNode node, String domain) throws Exception {
    node.run("install", "-d", "-m", "0711", FOLDER);
    Document xml = parse(node.document(domain));
    UUID id = UUID.randomUUID();
    String name = "bench-" + id;
    Element root = xml.getDocumentElement();
    child(root, "name").setTextContent(name);
    child(root, "uuid").setTextContent(id.toString());
    root.removeAttribute("id");
    remove(root, "metadata");
    remove(root, "seclabel");
    NodeList disks = root.getElementsByTagName("disk");
    for (int i = 0; i < disks.getLength(); i++) {
      copyDisk(node, (Element) disks.item(i), FOLDER + "/disk" + i);
    }
    NodeList interfaces = root.getElementsByTagName("interface");
    for (int i = 0; i < interfaces.getLength(); i++) {
      remove((Element) interfaces.item(i), "target");
    }
    // The guest's own is gone with it.
    NodeList logs = root.getElementsByTagName("log");
    for (int i = 0; i < logs.getLength(); i++) {
      ((Element) logs.item(i)).setAttribute("file", FOLDER + "/console.log");
    }
    node.run("sh", "-c", "cat > " + XML + " <<'END'\n" + text(xml) + "\nEND\n");
    return new DomainCopy(node, name);
  }

  private static void copyDisk(LibvirtNode node, Element disk, String copy) throws Exception {
    Element source = child(disk, "source");
    String file = source.getAttribute("file");
    Node backing = disk.getElementsByTagName("backingStore").item(0);
    if (backing instanceof Element base && base.getElementsByTagName("source").getLength() > 0) {
      node.run(
          "qemu-img",
          "create",
          "-q",
          "-f",
          "qcow2",
          "-F",
          child(base, "format").getAttribute("type"),
          "-b",
          child(base, "source").getAttribute("file"),
          copy);
    } else {
      node.run("cp", file, copy);
    }
    if (disk.getOwnerDocument().getDocumentElement().getAttribute("type").matches("qemu|kvm")) {
      node.run("chown", "libvirt-qemu:libvirt-qemu", copy);
    }
    source.setAttribute("file", copy);
  }

  /**
   * Seconds from asking libvirt until it says that the domain runs. What libvirt refuses is asked
   * again: on a starved host Xen's library gives up what it started (40 s for an interface).
   */
  double create(Duration patience) throws IOException, InterruptedException {
    for (int more = 3; ; more--) {
      Instant asked = Instant.now();
      node.virsh("create " + XML);
      try {
        return Duration.between(asked, node.await("Started", name, patience)).toNanos() / 1e9;
      } catch (LibvirtNode.Refused e) {
        if (more == 0) {
          throw e;
        }
        System.err.println("    again, libvirt refused: " + e.getMessage());
      }
    }
  }

  /** Ends it and removes its files. */
  void remove(Duration patience) throws IOException, InterruptedException {
    node.virsh("destroy " + name);
    node.await("Stopped", name, patience);
    node.run("rm", "-rf", FOLDER);
  }

  private static Document parse(String xml) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
  }

  private static String text(Document xml) throws Exception {
    StringWriter out = new StringWriter();
    TransformerFactory.newInstance()
        .newTransformer()
        .transform(new DOMSource(xml), new StreamResult(out));
    return out.toString();
  }

  private static Element child(Element parent, String name) {
    for (Node each = parent.getFirstChild(); each != null; each = each.getNextSibling()) {
      if (each instanceof Element element && element.getTagName().equals(name)) {
        return element;
      }
    }
    throw new IllegalStateException("no " + name + " in " + parent.getTagName());
  }

  private static void remove(Element parent, String name) {
    for (Node each = parent.getFirstChild(); each != null; ) {
      Node next = each.getNextSibling();
      if (each.getNodeName().equals(name)) {
        parent.removeChild(each);
      }
      each = next;
    }
  }
}
