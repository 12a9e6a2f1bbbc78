/** What a grid user or image builder asks of a site, in their own terms: the stubs end here. */
package org.hospes.client;
