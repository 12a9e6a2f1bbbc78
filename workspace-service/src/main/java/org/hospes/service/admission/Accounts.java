package org.hospes.service.admission;

import java.util.Optional;
import org.hospes.image.Digest;
import org.hospes.settings.Problems;
import org.hospes.trust.caller.GridMapfile;
import org.hospes.trust.path.DistinguishedName;

/**
 * The grid-mapfile: who has an account at the site.
 *
 * @param digest SHA-256 of the file
 */
public record Accounts(GridMapfile names, Digest digest) {
  /** Nobody has one. */
  public static final Accounts NONE = parse(new byte[0], "", new Problems());

  /** Reads a grid-mapfile; {@code source} names it in problems. */
  public static Accounts parse(byte[] bytes, String source, Problems problems) {
    return new Accounts(GridMapfile.parse(bytes, source, problems), Digest.sha256Of(bytes));
  }

  /** The account of that person; empty when they have none. */
  public Optional<String> account(DistinguishedName dn) {
    return names.account(dn);
  }
}
