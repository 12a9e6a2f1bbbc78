/** The receipts of boots: taken from nodes, countersigned, kept, and given out with their proof. */
package org.hospes.service.receipt;
