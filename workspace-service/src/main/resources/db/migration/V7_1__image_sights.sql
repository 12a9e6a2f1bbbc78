-- The repository's word on when the image of a workspace was published.
ALTER TABLE dossier ADD COLUMN publication ${bytes};
ALTER TABLE dossier ADD COLUMN publication_signature ${bytes};
-- When this site first saw a publication, with its signer's certificates good at that moment.
CREATE TABLE image_sight (
    publication VARCHAR(64) NOT NULL PRIMARY KEY,
    manifest    VARCHAR(64) NOT NULL,
    signature   VARCHAR(64) NOT NULL,
    chain       TEXT        NOT NULL,
    first_at    TIMESTAMP(3) WITH TIME ZONE NOT NULL
);
