/** JSON read strictly: no unknown key, no duplicate, nothing after the end. */
package org.hospes.image.json;
