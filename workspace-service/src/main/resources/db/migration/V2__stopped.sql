-- How long a guest that is told to stop has to power itself off.
ALTER TABLE workspace ADD COLUMN stop_seconds BIGINT DEFAULT 60 NOT NULL;
