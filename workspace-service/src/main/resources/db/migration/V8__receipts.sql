-- Receipts of boots as their nodes wrote and signed them, and the service's own chain over them.
-- Nothing in these tables is changed or removed, but for how far a chain has come.

-- Lines with certificates, of nodes and of the service, by their digest.
CREATE TABLE receipt_papers (
    digest VARCHAR(64) NOT NULL PRIMARY KEY,
    line   ${bytes}    NOT NULL
);

-- Chains of nodes; of a node's several the one enrolled last is in force.
CREATE TABLE node_key (
    chain      VARCHAR(36)   NOT NULL PRIMARY KEY,
    node       VARCHAR(1024) NOT NULL,
    since_line BIGINT        NOT NULL,
    reached    BIGINT        NOT NULL,
    last_hash  VARCHAR(64)   NOT NULL,
    last_batch VARCHAR(64)   NOT NULL
);
CREATE INDEX node_key_by_node ON node_key (node);

-- Nodes that an operator lets begin another chain.
CREATE TABLE node_renewal (
    node  VARCHAR(1024) NOT NULL PRIMARY KEY,
    by_dn VARCHAR(1024) NOT NULL,
    since TIMESTAMP(3) WITH TIME ZONE NOT NULL
);

-- The service's chain: enrolments (reached is 0, the subject a node's papers) and heads (the
-- subject is the hash of a batch).
CREATE TABLE receipt_head (
    seq     BIGINT      NOT NULL PRIMARY KEY,
    at      TIMESTAMP(3) WITH TIME ZONE NOT NULL,
    chain   VARCHAR(36) NOT NULL,
    reached BIGINT      NOT NULL,
    subject VARCHAR(64) NOT NULL,
    signer  VARCHAR(64) NOT NULL,
    line    ${bytes}    NOT NULL,
    CONSTRAINT receipt_head_once UNIQUE (chain, reached, subject)
);

CREATE TABLE receipt_batch (
    id      VARCHAR(64) NOT NULL PRIMARY KEY,
    chain   VARCHAR(36) NOT NULL,
    first   BIGINT      NOT NULL,
    reached BIGINT      NOT NULL,
    papers  VARCHAR(64) NOT NULL,
    head    BIGINT      NOT NULL,
    line    ${bytes}    NOT NULL,
    CONSTRAINT receipt_batch_place UNIQUE (chain, reached)
);
CREATE INDEX receipt_batch_by_head ON receipt_batch (chain, head);

CREATE TABLE receipt (
    id           VARCHAR(64) NOT NULL PRIMARY KEY,
    chain        VARCHAR(36) NOT NULL,
    seq          BIGINT      NOT NULL,
    head         BIGINT      NOT NULL,
    workspace_id VARCHAR(36) NOT NULL,
    line         ${bytes}    NOT NULL,
    CONSTRAINT receipt_place UNIQUE (chain, seq)
);
CREATE INDEX receipt_by_workspace ON receipt (workspace_id, head, seq);

-- The signed messages that asked for something to be done with a workspace that was there; the one
-- that asked for it in the first place is in its dossier.
CREATE TABLE asked (
    digest       VARCHAR(128) NOT NULL PRIMARY KEY,
    workspace_id VARCHAR(36)  NOT NULL,
    verb         VARCHAR(32)  NOT NULL,
    runs         BOOLEAN      NOT NULL,
    at           TIMESTAMP(3) WITH TIME ZONE NOT NULL,
    message      ${bytes}     NOT NULL
);
CREATE INDEX asked_by_workspace ON asked (workspace_id, at);
