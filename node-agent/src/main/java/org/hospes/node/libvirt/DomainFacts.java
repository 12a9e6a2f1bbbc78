package org.hospes.node.libvirt;

import java.io.IOException;
import java.io.StringReader;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.hospes.node.hypervisor.GuestMetadata;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * What a live domain's document says that matters here.
 *
 * @param papers present for a guest of ours only
 * @param devices names of its network interfaces on the node
 * @param console the terminal that stands for its first console
 */
record DomainFacts(
    String uuid,
    String name,
    Optional<Papers> papers,
    List<String> devices,
    Optional<String> console) {

  /**
   * What a guest of ours was started with.
   *
   * @param fingerprint of its specification
   */
  record Papers(GuestMetadata metadata, String fingerprint) {}

  /**
   * Reads libvirt's document of a domain. Metadata that is not whole, or that names another
   * workspace than the domain's UUID, is not ours: a copied document makes nobody's guest ours.
   *
   * @throws IllegalArgumentException when it is not a domain document
   */
  static DomainFacts parse(String xml) {
    Element domain = root(xml);
    String uuid = text(domain, "uuid");
    List<String> devices = new ArrayList<>();
    for (Element interfaceElement : descendants(domain, null, "interface")) {
      for (Element target : descendants(interfaceElement, null, "target")) {
        if (!target.getAttribute("dev").isEmpty()) {
          devices.add(target.getAttribute("dev"));
        }
      }
    }
    return new DomainFacts(
        uuid, text(domain, "name"), papers(domain, uuid), List.copyOf(devices), console(domain));
  }

  private static Optional<String> console(Element domain) {
    return descendants(domain, null, "console").stream()
        .filter(element -> element.getAttribute("type").equals("pty"))
        .map(element -> element.getAttribute("tty"))
        .filter(tty -> !tty.isEmpty())
        .findFirst();
  }

  private static Optional<Papers> papers(Element domain, String uuid) {
    List<Element> found = descendants(domain, DomainWriter.NAMESPACE, DomainWriter.ELEMENT);
    if (found.size() != 1) {
      return Optional.empty();
    }
    Element element = found.get(0);
    try {
      GuestMetadata metadata =
          new GuestMetadata(
              UUID.fromString(element.getAttribute("id")),
              element.getAttribute("owner"),
              Instant.parse(element.getAttribute("leaseEnds")),
              element.getAttribute("service"));
      if (!metadata.workspace().toString().equals(uuid)) {
        return Optional.empty();
      }
      return Optional.of(new Papers(metadata, element.getAttribute("fingerprint")));
    } catch (IllegalArgumentException | DateTimeException e) {
      return Optional.empty();
    }
  }

  static Element root(String xml) {
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultNSInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      Document document =
          factory.newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
      return document.getDocumentElement();
    } catch (ParserConfigurationException | SAXException | IOException e) {
      throw new IllegalArgumentException("libvirt's document is not XML: " + e.getMessage(), e);
    }
  }

  static List<Element> descendants(Element parent, String namespace, String name) {
    NodeList nodes = parent.getElementsByTagNameNS(namespace == null ? "*" : namespace, name);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  private static String text(Element parent, String child) {
    for (Element element : descendants(parent, null, child)) {
      if (element.getParentNode() == parent) {
        return element.getTextContent().strip();
      }
    }
    throw new IllegalArgumentException("libvirt's document of a domain has no <" + child + ">");
  }
}
