package org.hospes.service.receipt;

/** All that has to do with receipts. */
public record ReceiptDesk(HeadKeeper heads, ReceiptFiles files) {}
