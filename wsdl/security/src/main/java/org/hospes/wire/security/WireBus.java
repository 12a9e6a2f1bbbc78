package org.hospes.wire.security;

import java.util.List;
import javax.xml.namespace.QName;
import org.apache.cxf.Bus;
import org.apache.cxf.bus.extension.ExtensionManagerBus;
import org.apache.cxf.ws.policy.AssertionBuilderRegistry;
import org.apache.cxf.ws.policy.builder.primitive.PrimitiveAssertionBuilder;
import org.apache.wss4j.policy.SP12Constants;
import org.apache.wss4j.policy.SPConstants;

/** A CXF bus of one's own: nothing is shared with other users of CXF in the same Java. */
final class WireBus {
  private WireBus() {}

  static Bus create() {
    Bus bus = new ExtensionManagerBus();
    // CXF reads the token but has no builder for its name, and warns at each policy.
    bus.getExtension(AssertionBuilderRegistry.class)
        .registerBuilder(
            new PrimitiveAssertionBuilder(
                List.of(new QName(SP12Constants.SP_NS, SPConstants.WSS_X509_PKI_PATH_V1_TOKEN10))));
    return bus;
  }
}
