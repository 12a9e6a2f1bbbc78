/** Whose signatures a site takes, in which form, for which virtual organisation. */
package org.hospes.image.policy;
