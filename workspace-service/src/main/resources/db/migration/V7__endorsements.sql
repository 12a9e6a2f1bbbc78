-- What others signed for the image of a workspace, each in base64 on a line of its own.
ALTER TABLE dossier ADD COLUMN endorsements TEXT DEFAULT '' NOT NULL;
