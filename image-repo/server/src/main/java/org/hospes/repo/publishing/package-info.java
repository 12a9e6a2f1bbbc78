/** What the repository does: publish, describe, list, retire. */
package org.hospes.repo.publishing;
