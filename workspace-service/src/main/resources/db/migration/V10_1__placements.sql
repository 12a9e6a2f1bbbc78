-- Every node that a workspace was ever placed on, or was to move to. Of those that were placed
-- before this was kept nothing is here.
CREATE TABLE placement (
    id           VARCHAR(400) NOT NULL PRIMARY KEY,
    workspace_id VARCHAR(36)  NOT NULL,
    node         VARCHAR(255) NOT NULL
);
CREATE INDEX placement_by_workspace ON placement (workspace_id);

-- Receipts of boots on a node on which the service never placed the workspace, as far as it knew
-- when it countersigned them.
ALTER TABLE receipt ADD COLUMN doubted BOOLEAN DEFAULT FALSE NOT NULL;
