package org.hospes.service.admission;

import org.hospes.service.workspace.Refusal;

/** What is not granted, and by which rule. */
record Objection(RuleName rule, Refusal refusal) {}
