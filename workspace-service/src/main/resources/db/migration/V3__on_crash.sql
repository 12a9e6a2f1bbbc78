-- What becomes of a guest whose kernel panics.
ALTER TABLE workspace ADD COLUMN on_crash VARCHAR(16) DEFAULT 'END' NOT NULL;
