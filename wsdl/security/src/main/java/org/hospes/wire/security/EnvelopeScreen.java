package org.hospes.wire.security;

import java.io.ByteArrayInputStream;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.xml.XMLConstants;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.hospes.contract.common.FaultCategory;
import org.hospes.wire.refusal.RefusalException;

/**
 * Looks at a SOAP 1.2 message's bare form before anything else reads it: no DTD, nothing too deep
 * or too large, and none of the shapes that signature wrapping needs (a Body that is not the one
 * child of the Envelope, several Bodies, Ids that are not unique, a header said twice). Immutable
 * and safe for many threads.
 */
final class EnvelopeScreen {
  static final String SOAP = "http://www.w3.org/2003/05/soap-envelope";
  static final String SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/";
  static final String WSA = "http://www.w3.org/2005/08/addressing";
  static final String WSSE =
      "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
  static final String WSU =
      "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
  static final String DSIG = "http://www.w3.org/2000/09/xmldsig#";

  private static final int MOST_ATTRIBUTES = 64;
  private static final int LONGEST_ADDRESS = 2048;
  private static final int MOST_NAMESPACES = 64;

  /** Attributes and namespaces of one message: each takes half a KiB once it is parsed. */
  private static final int MOST_OF_BOTH = 10_000;

  private static final int MOST_HEADERS = 32;
  private static final int MOST_REFERENCES = 32;
  private static final int MOST_TRANSFORMS = 2 * MOST_REFERENCES;
  private static final int LONGEST_ATTRIBUTE = 8192;

  /** Chains of six certificates of 4096 bits with attributes of several VOs take a third of it. */
  private static final int LONGEST_OUTSIDE_BODY = 128 * 1024;

  private static final Set<String> UNDERSTOOD_ADDRESSING =
      Set.of("To", "From", "ReplyTo", "FaultTo", "Action", "MessageID", "RelatesTo");

  private final XMLInputFactory factory;
  private final int maxDepth;
  private final int maxElements;

  /**
   * What the headers say.
   *
   * @param headers text of each wsa header by its local name
   * @param secured whether there is a wsse:Security header
   * @param fault whether the Body holds a Fault
   */
  record Screened(Map<String, String> headers, boolean secured, boolean fault) {
    Optional<String> header(String name) {
      return Optional.ofNullable(headers.get(name));
    }
  }

  EnvelopeScreen(int maxDepth, int maxElements) {
    this.maxDepth = maxDepth;
    this.maxElements = maxElements;
    factory = XMLInputFactory.newFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_NAMESPACE_AWARE, true);
    factory.setProperty(XMLInputFactory.IS_COALESCING, false);
  }

  /**
   * @param headers takes each wsa header as it is found, so that a refusal can name the message
   * @throws RefusalException INVALID or UNAUTHENTICATED {@code message.*}
   */
  Screened screen(byte[] message, Map<String, String> headers) {
    try {
      XMLStreamReader reader =
          factory.createXMLStreamReader(new ByteArrayInputStream(message), "UTF-8");
      try {
        return new Walk(reader, headers).run();
      } finally {
        reader.close();
      }
    } catch (XMLStreamException e) {
      throw invalid("message.malformed", "the message is not well-formed XML: " + where(e))
          .causedBy(e);
    } catch (RefusalException e) {
      throw e;
    } catch (RuntimeException e) {
      // Text that is read late fails late, and then by no checked exception.
      throw invalid("message.malformed", "the message is not well-formed XML").causedBy(e);
    }
  }

  private static String where(XMLStreamException e) {
    String line = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return e.getLocation() == null
        ? line
        : line + " (line " + e.getLocation().getLineNumber() + ")";
  }

  private static RefusalException invalid(String code, String message) {
    return RefusalException.of(FaultCategory.INVALID, code, message);
  }

  private static RefusalException wrapped(String message) {
    return RefusalException.of(FaultCategory.UNAUTHENTICATED, "message.wrapping", message);
  }

  private final class Walk {
    private final XMLStreamReader reader;
    private final Map<String, String> addressing;
    private final Set<String> ids = new HashSet<>();
    private int depth;
    private int elements;
    private int headers;
    private int bodies;
    private int securities;
    private int signatures;
    private int headerBlocks;
    private int attributes;
    private int references;
    private int transforms;
    private int outsideBody;
    private boolean inHeader;
    private boolean inBody;
    private boolean fault;
    private String open;
    private final StringBuilder text = new StringBuilder();

    Walk(XMLStreamReader reader, Map<String, String> headers) {
      this.reader = reader;
      this.addressing = headers;
    }

    Screened run() throws XMLStreamException {
      String encoding = reader.getCharacterEncodingScheme();
      if (encoding != null && !encoding.equalsIgnoreCase("UTF-8")) {
        throw invalid("message.encoding", "a message is UTF-8, this one says " + encoding);
      }
      while (reader.hasNext()) {
        switch (reader.next()) {
          case XMLStreamConstants.START_ELEMENT -> start();
          case XMLStreamConstants.END_ELEMENT -> end();
          case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> text();
          case XMLStreamConstants.DTD, XMLStreamConstants.ENTITY_REFERENCE ->
              throw invalid("message.dtd", "a message has no document type declaration");
          case XMLStreamConstants.PROCESSING_INSTRUCTION, XMLStreamConstants.COMMENT ->
              // Neither is signed by an exclusive canonicalisation without comments, and a comment
              // splits text into pieces that parsers join differently.
              throw invalid(
                  "message.comment", "a message has neither comments nor processing instructions");
          default -> {}
        }
      }
      if (bodies != 1) {
        throw wrapped("a message has one Body, this one has " + bodies);
      }
      return new Screened(Map.copyOf(addressing), securities == 1, fault);
    }

    private void start() {
      depth++;
      if (depth > maxDepth) {
        throw invalid("message.too-deep", "elements are nested deeper than " + maxDepth);
      }
      if (++elements > maxElements) {
        throw invalid("message.too-many-elements", "more than " + maxElements + " elements");
      }
      if (reader.getAttributeCount() > MOST_ATTRIBUTES) {
        throw invalid("message.too-many-attributes", "an element has too many attributes");
      }
      if (reader.getNamespaceCount() > MOST_NAMESPACES) {
        throw invalid("message.too-many-namespaces", "an element declares too many namespaces");
      }
      attributes += reader.getAttributeCount() + reader.getNamespaceCount();
      if (attributes > MOST_OF_BOTH) {
        throw invalid(
            "message.too-many-attributes",
            "more than " + MOST_OF_BOTH + " attributes and namespaces in one message");
      }
      String namespace = reader.getNamespaceURI() == null ? "" : reader.getNamespaceURI();
      String name = reader.getLocalName();
      collectIds();
      switch (depth) {
        case 1 -> root(namespace, name);
        case 2 -> part(namespace, name);
        default -> inner(namespace, name);
      }
    }

    private void root(String namespace, String name) {
      if (namespace.equals(SOAP_11)) {
        throw invalid("message.soap", "this port speaks SOAP 1.2, the message is SOAP 1.1");
      }
      if (!namespace.equals(SOAP) || !name.equals("Envelope")) {
        throw invalid("message.soap", "not a SOAP 1.2 message: it begins with " + name);
      }
    }

    private void part(String namespace, String name) {
      inHeader = namespace.equals(SOAP) && name.equals("Header");
      inBody = namespace.equals(SOAP) && name.equals("Body");
      if (inHeader) {
        if (++headers > 1 || bodies > 0) {
          throw wrapped("a message has one Header, before its Body");
        }
      } else if (inBody) {
        if (++bodies > 1) {
          throw wrapped("a message has one Body, this one has more");
        }
      } else {
        throw wrapped("an Envelope holds a Header and a Body, this one also " + name);
      }
    }

    private void inner(String namespace, String name) {
      if (namespace.equals(SOAP)
          && (name.equals("Body") || name.equals("Header") || name.equals("Envelope"))) {
        throw wrapped(name + " stands inside another element");
      }
      if (namespace.equals(DSIG) && name.equals("Signature") && ++signatures > 1) {
        throw wrapped("a message has one signature, this one has more");
      }
      if (namespace.equals(DSIG) && name.equals("Reference") && ++references > MOST_REFERENCES) {
        throw invalid(
            "message.too-many-references", "more than " + MOST_REFERENCES + " are signed");
      }
      if (namespace.equals(DSIG) && name.equals("Transform") && ++transforms > MOST_TRANSFORMS) {
        throw invalid("message.too-many-transforms", "the signature transforms too often");
      }
      if (namespace.equals(DSIG) && name.equals("Object")) {
        throw wrapped("a signature carries no objects of its own");
      }
      if (namespace.equals(WSSE) && name.equals("Security") && (depth != 3 || !inHeader)) {
        throw wrapped("the Security header stands inside another element");
      }
      if (depth == 3 && inHeader) {
        header(namespace, name);
      }
      if (depth == 3 && inBody && namespace.equals(SOAP) && name.equals("Fault")) {
        fault = true;
      }
    }

    private void header(String namespace, String name) {
      if (++headerBlocks > MOST_HEADERS) {
        throw invalid("message.too-many-headers", "more than " + MOST_HEADERS + " headers");
      }
      String must = reader.getAttributeValue(SOAP, "mustUnderstand");
      boolean understood =
          namespace.equals(WSSE) && name.equals("Security")
              || namespace.equals(WSA) && UNDERSTOOD_ADDRESSING.contains(name);
      if (must != null && !understood && !must.equals("false") && !must.equals("0")) {
        throw invalid(
            "message.must-understand",
            "the header " + name + " must be understood, and nobody here does");
      }
      if (namespace.equals(WSSE) && name.equals("Security") && ++securities > 1) {
        throw wrapped("a message has one Security header, this one has more");
      }
      if (namespace.equals(WSA)) {
        if (addressing.containsKey(name)) {
          throw wrapped("the header wsa:" + name + " stands there twice");
        }
        addressing.put(name, "");
        open = name;
        text.setLength(0);
      }
    }

    private void collectIds() {
      for (int i = 0; i < reader.getAttributeCount(); i++) {
        if (reader.getAttributeValue(i).length() > LONGEST_ATTRIBUTE) {
          throw invalid("message.attribute-too-long", "an attribute's value is too long");
        }
        String namespace = reader.getAttributeNamespace(i);
        boolean identifying =
            namespace == null
                || namespace.isEmpty()
                || namespace.equals(WSU)
                || namespace.equals(XMLConstants.XML_NS_URI);
        if (identifying
            && reader.getAttributeLocalName(i).toLowerCase(Locale.ROOT).equals("id")
            && !ids.add(reader.getAttributeValue(i))) {
          throw wrapped("the Id " + reader.getAttributeValue(i) + " stands there twice");
        }
      }
    }

    private void text() {
      // Asked of every text: the parser checks what a text holds only when somebody reads it.
      int length = reader.getTextLength();
      if (!inBody) {
        outsideBody += length;
        if (outsideBody > LONGEST_OUTSIDE_BODY) {
          throw invalid(
              "message.headers-too-long",
              "more than " + LONGEST_OUTSIDE_BODY + " characters outside the Body");
        }
      }
      if (open != null) {
        if (text.length() + length > LONGEST_ADDRESS) {
          throw invalid("message.addressing", "the header wsa:" + open + " is too long");
        }
        text.append(reader.getText());
      }
    }

    private void end() {
      if (depth == 3 && open != null) {
        addressing.put(open, text.toString().trim());
        open = null;
      }
      depth--;
    }
  }
}
