-- The snapshots of a workspace's disks that its node keeps, and what is being done with one.
ALTER TABLE workspace ADD COLUMN snapshots TEXT DEFAULT '{}' NOT NULL;
