-- One row for each workspace ever accepted.
CREATE TABLE workspace (
    id               VARCHAR(36)   NOT NULL PRIMARY KEY,
    version          BIGINT        NOT NULL,
    name             VARCHAR(128)  NOT NULL,
    owner_dn         VARCHAR(1024) NOT NULL,
    owner_vo         VARCHAR(256),
    client_token     VARCHAR(64)   NOT NULL,
    request_digest   VARCHAR(128)  NOT NULL,
    image_name       VARCHAR(160)  NOT NULL,
    image_digest     VARCHAR(128)  NOT NULL,
    image_signer     VARCHAR(1024) NOT NULL,
    image_form       VARCHAR(32)   NOT NULL,
    image_disk_bytes BIGINT        NOT NULL,
    cpus             INTEGER       NOT NULL,
    memory_bytes     BIGINT        NOT NULL,
    scratch_bytes    BIGINT        NOT NULL,
    forwards_asked   TEXT          NOT NULL,
    lease_starts     TIMESTAMP(3) WITH TIME ZONE NOT NULL,
    lease_seconds    BIGINT        NOT NULL,
    state            VARCHAR(16)   NOT NULL,
    goal             VARCHAR(16)   NOT NULL,
    reason           VARCHAR(1000) NOT NULL,
    refusal          TEXT,
    node             VARCHAR(64),
    address          VARCHAR(64),
    forwards         TEXT          NOT NULL,
    timeline         TEXT          NOT NULL,
    CONSTRAINT workspace_token UNIQUE (owner_dn, client_token)
);
CREATE INDEX workspace_by_state ON workspace (state);
CREATE INDEX workspace_by_age ON workspace (lease_starts, id);
CREATE INDEX workspace_by_name ON workspace (name);

-- What is kept beside a workspace and read only to stage it, or to prove who asked.
CREATE TABLE dossier (
    workspace_id   VARCHAR(36)  NOT NULL PRIMARY KEY REFERENCES workspace (id),
    manifest       ${bytes}     NOT NULL,
    form           VARCHAR(32)  NOT NULL,
    signature      ${bytes}     NOT NULL,
    certificates   ${bytes}     NOT NULL,
    sources        TEXT         NOT NULL,
    signed_request ${bytes}     NOT NULL,
    ssh_key        TEXT,
    user_data      ${bytes}
);

-- Which database this is, and how far it has come; one row.
CREATE TABLE service_identity (
    one      INTEGER     NOT NULL PRIMARY KEY CHECK (one = 1),
    instance VARCHAR(36) NOT NULL,
    epoch    BIGINT      NOT NULL
);

-- What the repository's signed catalogues said, so that it cannot take it back.
CREATE TABLE catalogue_serial (
    one     INTEGER      NOT NULL PRIMARY KEY CHECK (one = 1),
    serial  BIGINT       NOT NULL,
    content VARCHAR(128) NOT NULL
);
CREATE TABLE catalogue_name (
    label      VARCHAR(160) NOT NULL PRIMARY KEY,
    digest     VARCHAR(128) NOT NULL,
    retired_at TIMESTAMP(3) WITH TIME ZONE
);
