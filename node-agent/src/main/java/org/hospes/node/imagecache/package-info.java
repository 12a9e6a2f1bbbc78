/** The node's own copies of images: fetched once, verified before every boot, held while in use. */
package org.hospes.node.imagecache;
