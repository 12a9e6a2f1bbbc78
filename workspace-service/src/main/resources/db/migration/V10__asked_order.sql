-- Which version of its workspace a message made: of several the newest is the one that was saved
-- last, whatever clocks said. Those that were kept before have 0, and come before all others.
ALTER TABLE asked ADD COLUMN version BIGINT DEFAULT 0 NOT NULL;
