package org.hospes.service.workspace;

import java.util.Optional;
import org.hospes.trust.path.DistinguishedName;

/**
 * Whose workspace it is.
 *
 * @param virtualOrganisation on whose behalf it was asked for
 */
public record Owner(DistinguishedName dn, Optional<String> virtualOrganisation) {}
