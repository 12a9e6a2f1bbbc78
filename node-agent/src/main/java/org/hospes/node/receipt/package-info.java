/** The receipts of guests' boots: written before the first instruction, chained and signed. */
package org.hospes.node.receipt;
