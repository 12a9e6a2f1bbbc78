/** Who may publish, retire and read, and the record of what was decided. */
package org.hospes.repo.access;
