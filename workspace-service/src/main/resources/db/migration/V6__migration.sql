-- The way of a workspace from node to node: what is wished, and where something of it is left.
ALTER TABLE workspace ADD COLUMN migrations TEXT DEFAULT '{}' NOT NULL;
-- Whether what is on a drained node shall go to others.
ALTER TABLE node_drain ADD COLUMN migrate BOOLEAN DEFAULT FALSE NOT NULL;
