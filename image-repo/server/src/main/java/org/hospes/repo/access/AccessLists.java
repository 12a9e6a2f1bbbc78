package org.hospes.repo.access;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.hospes.repo.refusal.RepositoryRefusal;
import org.hospes.settings.InvalidSettingsException;
import org.hospes.settings.Problems;
import org.hospes.settings.Settings;
import org.hospes.trust.path.DistinguishedName;
import org.hospes.trust.path.ProxyRule;

/**
 * Who may publish, who may retire what others published, and who may read. Publishers and retirers
 * may read as well. Immutable; what is not listed is refused.
 *
 * @param everyoneReads whether every trusted certificate may read: {@code "*"} in the file
 */
public record AccessLists(
    Set<DistinguishedName> publishers,
    Set<DistinguishedName> retirers,
    Set<DistinguishedName> readers,
    boolean everyoneReads) {
  private static final String EVERYONE = "*";

  public AccessLists {
    publishers = Set.copyOf(publishers);
    retirers = Set.copyOf(retirers);
    readers = Set.copyOf(readers);
  }

  /** Reads {@code publishers}, {@code retirers} and {@code readers} from YAML. */
  public static AccessLists read(Path file, Problems problems) {
    Settings settings = Settings.read(file, problems);
    Set<DistinguishedName> publishers = names(settings, "publishers");
    Set<DistinguishedName> retirers = names(settings, "retirers");
    boolean everyone = settings.texts("readers").contains(EVERYONE);
    Set<DistinguishedName> readers = everyone ? Set.of() : names(settings, "readers");
    settings.done();
    return new AccessLists(publishers, retirers, readers, everyone);
  }

  /**
   * The same for a {@link org.hospes.settings.Watched}.
   *
   * @throws InvalidSettingsException with every mistake
   */
  public static AccessLists load(Path file) throws InvalidSettingsException {
    Problems problems = new Problems();
    AccessLists lists = read(file, problems);
    problems.throwIfAny();
    return lists;
  }

  private static Set<DistinguishedName> names(Settings settings, String key) {
    return new HashSet<>(settings.parsedList(key, DistinguishedName::parse));
  }

  /** Refuses who may not publish. */
  public void requirePublisher(Visitor visitor) {
    requireFullRights(visitor);
    if (!publishers.contains(visitor.dn())) {
      throw refuse(visitor, "access.publish", "may not publish here", "publishers");
    }
  }

  /**
   * Refuses who may not retire an image.
   *
   * @param publisher whose image it is: they may always retire it
   */
  public void requireRetirer(Visitor visitor, DistinguishedName publisher) {
    requireFullRights(visitor);
    boolean own = visitor.dn().equals(publisher) && publishers.contains(publisher);
    if (!own && !retirers.contains(visitor.dn())) {
      throw refuse(visitor, "access.retire", "may not retire this image", "retirers");
    }
  }

  /** Refuses who may not read. */
  public void requireReader(Visitor visitor) {
    if (!ProxyRule.allows(visitor.proxy(), ProxyRule.Use.ASK)) {
      throw proxy(visitor);
    }
    if (!everyoneReads
        && !readers.contains(visitor.dn())
        && !publishers.contains(visitor.dn())
        && !retirers.contains(visitor.dn())) {
      throw refuse(visitor, "access.read", "may not read images here", "readers");
    }
  }

  /** Refuses papers that carry no right to change anything. */
  public static void requireFullRights(Visitor visitor) {
    if (!ProxyRule.allows(visitor.proxy(), ProxyRule.Use.CHANGE)) {
      throw proxy(visitor);
    }
  }

  private static RepositoryRefusal proxy(Visitor visitor) {
    return new RepositoryRefusal(
            RepositoryRefusal.Kind.NOT_ALLOWED,
            "access.proxy",
            "a proxy of this kind does not carry the right to do this")
        .fact("dn", visitor.dn())
        .fact("expected", "the certificate itself or a full RFC 3820 proxy")
        .fact("found", visitor.proxy())
        .advice("make a proxy with 'grid-proxy-init -rfc'");
  }

  private static RepositoryRefusal refuse(Visitor visitor, String code, String what, String list) {
    return new RepositoryRefusal(
            RepositoryRefusal.Kind.NOT_ALLOWED, code, visitor.dn() + " " + what)
        .fact("dn", visitor.dn())
        .fact("rule", list)
        .advice("ask the site's operator to add this DN to '" + list + "' of the repository");
  }
}
