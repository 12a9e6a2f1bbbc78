-- Which disk, by SHA-256, each signed SHA-1 stands for at this site: the first that was admitted.
CREATE TABLE sha1_pair (
    sha1   VARCHAR(40) NOT NULL PRIMARY KEY,
    sha256 VARCHAR(64) NOT NULL
);
