package org.hospes.node.libvirt;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hospes.node.hypervisor.GuestOwner;
import org.w3c.dom.Element;

/**
 * What libvirt's capabilities document says of the machine.
 *
 * @param offersKvm whether it lists KVM, which does not yet mean that guests boot with it
 * @param owner the user that guests run as
 * @param rootGuests whether libvirt is set up to run guests as root
 * @param processor the host's, with all that libvirt says of it: equal words are equal processors
 * @param emulator QEMU for this machine's architecture
 */
record HostFacts(
    boolean offersKvm,
    Optional<GuestOwner> owner,
    boolean rootGuests,
    String processor,
    Optional<String> emulator) {
  private static final Pattern LABEL = Pattern.compile("\\+(\\d+):\\+(\\d+)");

  static HostFacts parse(String xml) {
    Element root = DomainFacts.root(xml);
    Optional<GuestOwner> owner = Optional.empty();
    boolean rootGuests = false;
    for (Element label : DomainFacts.descendants(root, null, "baselabel")) {
      Matcher matcher = LABEL.matcher(label.getTextContent().strip());
      if (matcher.matches()) {
        int uid = Integer.parseInt(matcher.group(1));
        if (uid == 0) {
          rootGuests = true;
        } else {
          owner = Optional.of(new GuestOwner(uid, Integer.parseInt(matcher.group(2))));
        }
      }
    }
    boolean kvm = false;
    Optional<String> emulator = Optional.empty();
    for (Element arch : DomainFacts.descendants(root, null, "arch")) {
      if (arch.getAttribute("name").equals("x86_64")) {
        List<Element> domains = DomainFacts.descendants(arch, null, "domain");
        kvm |= domains.stream().anyMatch(domain -> domain.getAttribute("type").equals("kvm"));
        emulator =
            DomainFacts.descendants(arch, null, "emulator").stream()
                .map(element -> element.getTextContent().strip())
                .findFirst();
      }
    }
    return new HostFacts(kvm, owner, rootGuests, processor(root), emulator);
  }

  /** Its model, and a digest of whatever else is said of it. */
  private static String processor(Element root) {
    for (Element host : DomainFacts.descendants(root, null, "host")) {
      for (Element cpu : DomainFacts.descendants(host, null, "cpu")) {
        Set<String> facts = new TreeSet<>();
        for (String name : List.of("vendor", "microcode", "feature")) {
          for (Element one : DomainFacts.descendants(cpu, null, name)) {
            facts.add(
                String.join(
                    " ",
                    name,
                    one.getAttribute("name"),
                    one.getAttribute("version"),
                    one.getTextContent().strip()));
          }
        }
        String model =
            DomainFacts.descendants(cpu, null, "model").stream()
                .map(element -> element.getTextContent().strip())
                .findFirst()
                .orElse("unknown");
        return model + " " + UUID.nameUUIDFromBytes(facts.toString().getBytes(UTF_8));
      }
    }
    return "unknown";
  }
}
