/** SOAP in: stubs and records, refusals and faults. */
package org.hospes.repo.endpoint;
