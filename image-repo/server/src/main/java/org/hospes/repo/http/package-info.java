/** Bytes in and out. */
package org.hospes.repo.http;
