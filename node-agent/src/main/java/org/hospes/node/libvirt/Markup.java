package org.hospes.node.libvirt;

import java.io.StringWriter;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * One element of a document being written. The XML library does the quoting; no text is ever joined
 * into markup here.
 */
final class Markup {
  private final Element element;

  private Markup(Element element) {
    this.element = element;
  }

  /** A new document of this root element. */
  static Markup document(String root) {
    try {
      Document document =
          DocumentBuilderFactory.newDefaultNSInstance().newDocumentBuilder().newDocument();
      Element element = document.createElementNS(null, root);
      document.appendChild(element);
      return new Markup(element);
    } catch (ParserConfigurationException e) {
      throw new IllegalStateException("the JDK's own XML library is missing", e);
    }
  }

  /** Appends a child and answers it. */
  Markup add(String name) {
    return append(element.getOwnerDocument().createElementNS(null, name));
  }

  /** Appends a child of another namespace and answers it. */
  Markup add(String namespace, String prefix, String name) {
    Element child = element.getOwnerDocument().createElementNS(namespace, prefix + ":" + name);
    child.setAttributeNS(XMLConstants.XMLNS_ATTRIBUTE_NS_URI, "xmlns:" + prefix, namespace);
    return append(child);
  }

  private Markup append(Element child) {
    element.appendChild(child);
    return new Markup(child);
  }

  /** Sets an attribute and answers this element. */
  Markup with(String attribute, Object value) {
    element.setAttribute(attribute, value.toString());
    return this;
  }

  /** Appends text and answers this element. */
  Markup text(Object text) {
    element.appendChild(element.getOwnerDocument().createTextNode(text.toString()));
    return this;
  }

  /** The whole document. */
  String toXml() {
    try {
      Transformer writer = TransformerFactory.newDefaultInstance().newTransformer();
      writer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
      writer.setOutputProperty(OutputKeys.INDENT, "yes");
      StringWriter text = new StringWriter();
      writer.transform(new DOMSource(element.getOwnerDocument()), new StreamResult(text));
      return text.toString();
    } catch (TransformerException e) {
      throw new IllegalStateException("cannot write a document made here", e);
    }
  }
}
