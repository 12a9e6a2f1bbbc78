/** Names and what they mean for ever, with a signed list of them. */
package org.hospes.repo.catalogue;
