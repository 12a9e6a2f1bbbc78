package org.hospes.wire.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.xml.XMLConstants;
import org.apache.cxf.staxutils.StaxUtils;
import org.hospes.wire.refusal.RefusalException;
import org.w3c.dom.Attr;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** What the screen lets through is one message to the parser behind it, too. */
class EnvelopeScreenFuzzTest {
  private static final int DEPTH = 16;
  private static final int ELEMENTS = 400;
  private static final long MOST_BYTES = 16 << 20;
  private static final EnvelopeScreen SCREEN = new EnvelopeScreen(DEPTH, ELEMENTS);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @FuzzTest(maxDuration = "60s")
  void whatPassesIsOneMessageToItsParserToo(byte[] message) throws Exception {
    Map<String, String> headers = new HashMap<>();
    EnvelopeScreen.Screened screened = null;
    long before = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
    try {
      screened = SCREEN.screen(message, headers);
    } catch (RefusalException e) {
      assertTrue(e.code().startsWith("message."), e.code());
    }
    long spent = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
    assertTrue(spent < MOST_BYTES, () -> spent + " bytes for a message of " + message.length);
    if (screened != null) {
      new Seen(StaxUtils.read(new ByteArrayInputStream(message)).getDocumentElement())
          .same(screened);
    }
  }

  /** The same message as a document. */
  private static final class Seen {
    private final Element envelope;
    private final Set<String> ids = new HashSet<>();
    private final List<Element> securities = new ArrayList<>();
    private int elements;
    private int signatures;
    private int bodies;

    Seen(Element envelope) {
      this.envelope = envelope;
      walk(envelope, 1);
    }

    private void walk(Element element, int depth) {
      elements++;
      assertTrue(depth <= DEPTH, "too deep");
      bodies += is(element, EnvelopeScreen.SOAP, "Body") ? 1 : 0;
      signatures += is(element, EnvelopeScreen.DSIG, "Signature") ? 1 : 0;
      if (is(element, EnvelopeScreen.WSSE, "Security")) {
        securities.add(element);
      }
      for (int i = 0; i < element.getAttributes().getLength(); i++) {
        Attr attribute = (Attr) element.getAttributes().item(i);
        String namespace = attribute.getNamespaceURI();
        String name = attribute.getLocalName();
        if ((namespace == null
                || namespace.equals(EnvelopeScreen.WSU)
                || namespace.equals(XMLConstants.XML_NS_URI))
            && name.toLowerCase(Locale.ROOT).equals("id")) {
          assertTrue(ids.add(attribute.getValue()), "an Id stands there twice");
        }
      }
      for (Node child = element.getFirstChild(); child != null; child = child.getNextSibling()) {
        if (child instanceof Element inner) {
          walk(inner, depth + 1);
        } else {
          boolean text =
              child.getNodeType() == Node.TEXT_NODE
                  || child.getNodeType() == Node.CDATA_SECTION_NODE;
          assertTrue(text, "neither an element nor text: " + child.getNodeType());
        }
      }
    }

    void same(EnvelopeScreen.Screened screened) {
      assertTrue(is(envelope, EnvelopeScreen.SOAP, "Envelope"));
      assertEquals(1, bodies);
      assertTrue(elements <= ELEMENTS);
      assertTrue(signatures <= 1);
      assertTrue(securities.size() <= 1);
      assertEquals(screened.secured(), securities.size() == 1);
      List<Element> parts = children(envelope);
      Element body = parts.get(parts.size() - 1);
      assertTrue(is(body, EnvelopeScreen.SOAP, "Body"));
      assertEquals(
          screened.fault(),
          children(body).stream().anyMatch(e -> is(e, EnvelopeScreen.SOAP, "Fault")));
      assertTrue(parts.size() <= 2);
      Map<String, String> addressing = new HashMap<>();
      if (parts.size() == 2) {
        assertTrue(is(parts.get(0), EnvelopeScreen.SOAP, "Header"));
        for (Element header : children(parts.get(0))) {
          if (EnvelopeScreen.WSA.equals(header.getNamespaceURI())) {
            addressing.put(header.getLocalName(), header.getTextContent().trim());
          }
        }
        securities.forEach(found -> assertEquals(parts.get(0), found.getParentNode()));
      } else {
        assertEquals(List.of(), securities);
      }
      assertEquals(addressing, screened.headers());
    }

    private static List<Element> children(Element parent) {
      List<Element> children = new ArrayList<>();
      for (Node child = parent.getFirstChild(); child != null; child = child.getNextSibling()) {
        if (child instanceof Element element) {
          children.add(element);
        }
      }
      return children;
    }

    private static boolean is(Element element, String namespace, String name) {
      assertNotNull(element.getLocalName());
      return namespace.equals(element.getNamespaceURI()) && name.equals(element.getLocalName());
    }
  }
}
