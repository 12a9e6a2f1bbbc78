package org.hospes.wire.refusal;

import jakarta.xml.bind.JAXBContext;
import jakarta.xml.bind.JAXBElement;
import jakarta.xml.bind.JAXBException;
import jakarta.xml.soap.Detail;
import jakarta.xml.ws.soap.SOAPFaultException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.xml.namespace.QName;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.transform.dom.DOMSource;
import org.apache.cxf.transport.http.HTTPException;
import org.apache.cxf.ws.policy.PolicyException;
import org.apache.wss4j.common.ext.WSSecurityException;
import org.hospes.contract.common.FaultCategory;
import org.hospes.contract.common.ObjectFactory;
import org.hospes.contract.common.Refusal;
import org.w3c.dom.Node;

/** One translator from whatever a call threw to the refusal that a person reads. */
public final class Refusals {
  /** Of a refusal in the body of an HTTP answer. */
  public static final String MEDIA_TYPE = "application/xml";

  private static final QName ELEMENT = new QName("urn:hospes:common:1", "refusal");
  private static final JAXBContext XML = context();

  private Refusals() {}

  private static JAXBContext context() {
    try {
      return JAXBContext.newInstance(ObjectFactory.class);
    } catch (JAXBException e) {
      throw new IllegalStateException("the contract's classes do not fit JAXB", e);
    }
  }

  /**
   * The refusal in a throwable: a {@code Refused} fault of any port, a {@link RefusalException}
   * anywhere among the causes, a failed handshake or an answer whose signature does not hold
   * (UNAUTHENTICATED), a server that does not answer (SITE, TIMED_OUT). Empty for what is no
   * refusal, such as a programming error.
   */
  public static Optional<RefusalException> of(Throwable thrown) {
    Optional<RefusalException> stated = stated(thrown);
    if (stated.isPresent()) {
      return stated;
    }
    int depth = 0;
    for (Throwable t = thrown; t != null && depth < 32; t = t.getCause(), depth++) {
      Optional<RefusalException> found = network(t);
      if (found.isPresent()) {
        return found;
      }
    }
    if (thrown instanceof SOAPFaultException fault) {
      return Optional.of(
          RefusalException.of(FaultCategory.SITE, "site.fault", "the site answered: " + fault)
              .causedBy(fault));
    }
    return Optional.empty();
  }

  /** Only what somebody stated as a refusal; nothing is made of broken connections. */
  public static Optional<RefusalException> stated(Throwable thrown) {
    int depth = 0;
    for (Throwable t = thrown; t != null && depth < 32; t = t.getCause(), depth++) {
      Optional<RefusalException> found = typed(t);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static Optional<RefusalException> typed(Throwable t) {
    if (t instanceof RefusalException refusal) {
      return Optional.of(refusal);
    }
    if (t instanceof org.hospes.contract.workspace.Refused refused) {
      return fromXml(refused.getFaultInfo(), t);
    }
    if (t instanceof org.hospes.contract.repository.Refused refused) {
      return fromXml(refused.getFaultInfo(), t);
    }
    if (t instanceof org.hospes.contract.node.Refused refused) {
      return fromXml(refused.getFaultInfo(), t);
    }
    if (t instanceof org.hospes.contract.registry.Refused refused) {
      return fromXml(refused.getFaultInfo(), t);
    }
    if (t instanceof SOAPFaultException fault && fault.getFault() != null) {
      Detail detail = fault.getFault().getDetail();
      for (Node n = detail == null ? null : detail.getFirstChild();
          n != null;
          n = n.getNextSibling()) {
        if (ELEMENT.getLocalPart().equals(n.getLocalName())
            && ELEMENT.getNamespaceURI().equals(n.getNamespaceURI())) {
          return read(n).map(r -> r.causedBy(fault));
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<RefusalException> fromXml(Refusal xml, Throwable cause) {
    return Optional.ofNullable(xml).map(x -> RefusalException.fromXml(x).causedBy(cause));
  }

  private static Optional<RefusalException> network(Throwable t) {
    if (t instanceof WSSecurityException || t instanceof PolicyException) {
      return Optional.of(
          RefusalException.of(
                  FaultCategory.UNAUTHENTICATED,
                  "answer.security",
                  "the answer's signature does not hold: " + t.getMessage())
              .advice("Do not trust the answer; tell the site's operator.")
              .causedBy(t));
    }
    if (t instanceof SSLException) {
      return Optional.of(
          RefusalException.of(
                  FaultCategory.UNAUTHENTICATED,
                  "tls.handshake",
                  "no secured connection: " + t.getMessage())
              .advice(
                  "The other side does not say more; its audit log does. `workspace doctor` checks"
                      + " your own certificate, CA directory and clock.")
              .causedBy(t));
    }
    if (t instanceof SocketTimeoutException || t instanceof HttpTimeoutException) {
      return Optional.of(
          RefusalException.of(FaultCategory.TIMED_OUT, "site.silent", "no answer in time")
              .fact("cause", t.getMessage())
              .causedBy(t));
    }
    if (t instanceof UnknownHostException) {
      return Optional.of(
          RefusalException.of(
                  FaultCategory.SITE, "site.unknown-host", "no such host: " + t.getMessage())
              .advice("Check the address of the service.")
              .causedBy(t));
    }
    if (t instanceof ConnectException || t instanceof NoRouteToHostException) {
      return Optional.of(
          RefusalException.of(
                  FaultCategory.SITE, "site.unreachable", "no connection: " + t.getMessage())
              .advice("Check the address, and whether the service is running.")
              .causedBy(t));
    }
    if (t instanceof HTTPException http) {
      return Optional.of(fromHttp(http.getResponseCode(), new byte[0]).causedBy(t));
    }
    if (t instanceof java.io.IOException) {
      return Optional.of(
          RefusalException.of(
                  FaultCategory.SITE,
                  "site.connection",
                  "the connection broke: "
                      + (t.getMessage() == null ? t.getClass().getSimpleName() : t.getMessage()))
              .causedBy(t));
    }
    return Optional.empty();
  }

  /** The HTTP status that goes with a category. */
  public static int httpStatus(FaultCategory category) {
    return switch (category) {
      case INVALID -> 400;
      case UNAUTHENTICATED -> 401;
      case NOT_ALLOWED -> 403;
      case NOT_FOUND -> 404;
      case CONFLICT -> 409;
      case IMAGE_REFUSED -> 422;
      case NO_CAPACITY -> 503;
      case TIMED_OUT -> 504;
      case SITE -> 500;
    };
  }

  /** The body of an HTTP answer that refuses; {@link #fromHttp} reads it. */
  public static byte[] toBytes(RefusalException refusal) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      XML.createMarshaller()
          .marshal(new JAXBElement<>(ELEMENT, Refusal.class, refusal.toXml()), out);
    } catch (JAXBException e) {
      throw new IllegalStateException("a refusal could not be written: " + refusal, e);
    }
    return out.toByteArray();
  }

  /** The refusal as a DOM node, appended to {@code parent}. */
  public static void write(RefusalException refusal, Node parent) {
    try {
      XML.createMarshaller()
          .marshal(new JAXBElement<>(ELEMENT, Refusal.class, refusal.toXml()), parent);
    } catch (JAXBException e) {
      throw new IllegalStateException("a refusal could not be written: " + refusal, e);
    }
  }

  /** The refusal in an HTTP answer of 400 and above; made up from the status when it has none. */
  public static RefusalException fromHttp(int status, byte[] body) {
    try {
      var factory = XMLInputFactory.newFactory();
      factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
      factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
      var reader = factory.createXMLStreamReader(new ByteArrayInputStream(body));
      return RefusalException.fromXml(
          XML.createUnmarshaller().unmarshal(reader, Refusal.class).getValue());
    } catch (JAXBException | XMLStreamException | RuntimeException e) {
      // What is read late fails by an exception that is not checked.
      FaultCategory category =
          switch (status) {
            case 400, 411, 413, 416, 431 -> FaultCategory.INVALID;
            case 401 -> FaultCategory.UNAUTHENTICATED;
            case 403 -> FaultCategory.NOT_ALLOWED;
            case 404, 410 -> FaultCategory.NOT_FOUND;
            case 409, 412 -> FaultCategory.CONFLICT;
            case 408, 504 -> FaultCategory.TIMED_OUT;
            case 422 -> FaultCategory.IMAGE_REFUSED;
            case 429, 503, 507 -> FaultCategory.NO_CAPACITY;
            default -> FaultCategory.SITE;
          };
      return RefusalException.of(category, "http." + status, "the server answered HTTP " + status);
    }
  }

  private static Optional<RefusalException> read(Node node) {
    try {
      return Optional.of(
          RefusalException.fromXml(
              XML.createUnmarshaller().unmarshal(new DOMSource(node), Refusal.class).getValue()));
    } catch (JAXBException e) {
      return Optional.empty();
    }
  }
}
