package org.hospes.wire.security;

import java.io.IOException;
import java.net.URL;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.cxf.Bus;
import org.apache.cxf.endpoint.Server;
import org.apache.cxf.jaxws.JaxWsServerFactoryBean;
import org.apache.cxf.logging.FaultListener;
import org.apache.cxf.message.Message;
import org.hospes.trust.credential.Credential;
import org.hospes.trust.credential.CredentialSource;

/** The SOAP ports of one server, on a bus of their own. */
final class SoapEndpoints implements AutoCloseable {
  private final Bus bus;
  private final ReplayGuard replays;
  private final List<Server> servers = new ArrayList<>();

  private SoapEndpoints(Bus bus, ReplayGuard replays) {
    this.bus = bus;
    this.replays = replays;
  }

  static SoapEndpoints publish(SecureServerSetup setup, ProvenPaths paths, RefusalDesk desk)
      throws IOException {
    Duration longest =
        setup.limits.messageLifetime().plus(setup.limits.clockSkew().multipliedBy(2));
    boolean signed = setup.ports.stream().anyMatch(SecureServerSetup.SoapPort::signed);
    SeenMessages memory =
        signed && setup.memory.isPresent()
            ? SeenMessages.open(setup.memory.get(), longest, setup.clock.instant())
            : null;
    ReplayGuard replays = new ReplayGuard(setup.clock, longest, memory);
    SoapEndpoints endpoints = new SoapEndpoints(WireBus.create(), replays);
    EnvelopeScreen screen = new EnvelopeScreen(setup.limits.xmlDepth(), setup.limits.xmlElements());
    for (SecureServerSetup.SoapPort port : setup.ports) {
      endpoints.publish(port, setup, paths, replays, screen, desk);
    }
    return endpoints;
  }

  private void publish(
      SecureServerSetup.SoapPort port,
      SecureServerSetup setup,
      ProvenPaths paths,
      ReplayGuard replays,
      EnvelopeScreen screen,
      RefusalDesk desk)
      throws IOException {
    URL wsdl = WsdlPort.locate(port.wsdl(), port.type());
    WsdlPort names = WsdlPort.read(bus, wsdl);
    JaxWsServerFactoryBean factory = new JaxWsServerFactoryBean();
    factory.setBus(bus);
    factory.setServiceClass(port.type());
    factory.setServiceBean(port.port());
    factory.setWsdlURL(wsdl.toString());
    factory.setServiceName(names.service());
    factory.setEndpointName(names.port());
    factory.setAddress(port.path());
    factory.setProperties(properties(setup, paths));
    factory.getInInterceptors().add(new ScreeningInterceptor(screen, setup.limits.messageBytes()));
    factory.getInInterceptors().add(new GateInterceptor(port.path(), port.signed()));
    factory
        .getInInterceptors()
        .add(new CallerInterceptor(paths, replays, port.path(), port.signed(), setup.credential));
    factory.getInInterceptors().add(new GateInterceptor.Called());
    factory.getOutFaultInterceptors().add(new RefusalFaults(desk, port.path()));
    if (port.signed()) {
      HostSignature signature = new HostSignature(setup.credential);
      factory.getInInterceptors().add(signature.incoming());
      factory.getOutInterceptors().add(signature.outgoing());
      factory.getOutFaultInterceptors().add(signature.outgoing());
    }
    servers.add(factory.create());
  }

  private static Map<String, Object> properties(SecureServerSetup setup, ProvenPaths paths) {
    Map<String, Object> properties =
        SecurityProperties.common(paths, setup.limits.messageLifetime(), setup.limits.clockSkew());
    properties.put("schema-validation-enabled", "IN");
    // RefusalDesk says what there is to say; CXF would log a stack trace for each bad message.
    properties.put(FaultListener.class.getName(), (FaultListener) SoapEndpoints::quiet);
    return properties;
  }

  private static boolean quiet(Exception fault, String description, Message message) {
    return false;
  }

  Bus bus() {
    return bus;
  }

  @Override
  public void close() {
    servers.forEach(Server::destroy);
    bus.shutdown(true);
    replays.close();
  }

  /** The host's credential in force, made ready to sign once and not for each message. */
  static final class HostSignature {
    private final CredentialSource source;
    private volatile CredentialCrypto crypto;

    HostSignature(CredentialSource source) {
      this.source = source;
    }

    // A source hands out the same object until it has another.
    @SuppressWarnings("ReferenceEquality")
    private CredentialCrypto current() {
      Credential credential = source.current();
      CredentialCrypto ready = crypto;
      if (ready == null || ready.credential() != credential) {
        ready = new CredentialCrypto(credential);
        crypto = ready;
      }
      return ready;
    }

    SigningInterceptor incoming() {
      return SigningInterceptor.incoming(this::current);
    }

    SigningInterceptor outgoing() {
      return SigningInterceptor.outgoing(this::current);
    }
  }
}
