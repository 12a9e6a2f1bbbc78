-- Nodes that take no new workspaces, because an operator wants them empty.
CREATE TABLE node_drain (
    node  VARCHAR(64)   NOT NULL PRIMARY KEY,
    by_dn VARCHAR(1024) NOT NULL,
    since TIMESTAMP(3) WITH TIME ZONE NOT NULL
);
