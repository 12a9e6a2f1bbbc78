package org.hospes.wire.security;

import java.io.IOException;
import java.net.URL;
import java.util.Map;
import javax.wsdl.Definition;
import javax.wsdl.Port;
import javax.wsdl.Service;
import javax.wsdl.WSDLException;
import javax.xml.namespace.QName;
import org.apache.cxf.Bus;
import org.apache.cxf.wsdl.WSDLManager;

/**
 * The one service of a WSDL and its one port.
 *
 * @param service name of the service
 * @param port name of its port
 */
record WsdlPort(QName service, QName port) {
  static URL locate(String wsdl, Class<?> type) throws IOException {
    ClassLoader loader = type.getClassLoader();
    URL url = loader.getResource(wsdl);
    if (url == null) {
      throw new IOException("no WSDL in the class path at " + wsdl);
    }
    return url;
  }

  static WsdlPort read(Bus bus, URL wsdl) throws IOException {
    try {
      Definition definition = bus.getExtension(WSDLManager.class).getDefinition(wsdl.toString());
      Map<?, ?> services = definition.getServices();
      if (services.size() != 1) {
        throw new IOException(wsdl + " has " + services.size() + " services, expected one");
      }
      Service service = (Service) services.values().iterator().next();
      if (service.getPorts().size() != 1) {
        throw new IOException(wsdl + " has " + service.getPorts().size() + " ports, expected one");
      }
      Port port = (Port) service.getPorts().values().iterator().next();
      return new WsdlPort(
          service.getQName(), new QName(service.getQName().getNamespaceURI(), port.getName()));
    } catch (WSDLException e) {
      throw new IOException("the WSDL " + wsdl + " cannot be read: " + e.getMessage(), e);
    }
  }
}
