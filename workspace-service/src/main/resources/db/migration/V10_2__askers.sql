-- Who signed a message, in slash form; not known of those that were kept before.
ALTER TABLE asked ADD COLUMN asker VARCHAR(1024);
