-- raptor: id=5e1b7c90d2a4 revises=
-- raptor: phase=expand
-- Customers and their sessions, staff, idempotency keys and rate limits.

-- raptor:up postgres
CREATE TABLE customers (
    id            uuid        NOT NULL,
    email         text        NOT NULL,
    name          text,
    password_hash text        NOT NULL,
    created_at    timestamptz NOT NULL,
    CONSTRAINT customers_pkey PRIMARY KEY (id),
    CONSTRAINT customers_email_key UNIQUE (email),
    CONSTRAINT customers_email_lower CHECK (email = lower(email))
);

CREATE TABLE sessions (
    id               uuid        NOT NULL,
    customer_id      uuid        NOT NULL,
    token_hash       bytea       NOT NULL,
    created_at       timestamptz NOT NULL,
    authenticated_at timestamptz NOT NULL,
    last_used_at     timestamptz NOT NULL,
    idle_expires_at  timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    user_agent       text,
    address          text,
    ended_at         timestamptz,
    ended_reason     text,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_token_hash_key UNIQUE (token_hash),
    CONSTRAINT sessions_token_hash_length CHECK (octet_length(token_hash) = 32),
    CONSTRAINT sessions_ended CHECK ((ended_at IS NULL) = (ended_reason IS NULL)),
    CONSTRAINT sessions_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
);
CREATE INDEX sessions_customer_id_idx ON sessions (customer_id, id);

CREATE TABLE staff (
    id            uuid        NOT NULL,
    email         text        NOT NULL,
    name          text,
    password_hash text        NOT NULL,
    created_at    timestamptz NOT NULL,
    CONSTRAINT staff_pkey PRIMARY KEY (id),
    CONSTRAINT staff_email_key UNIQUE (email),
    CONSTRAINT staff_email_lower CHECK (email = lower(email))
);

CREATE TABLE staff_invitations (
    id         uuid        NOT NULL,
    token_hash bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CONSTRAINT staff_invitations_pkey PRIMARY KEY (id),
    CONSTRAINT staff_invitations_token_hash_key UNIQUE (token_hash)
);

CREATE TABLE idempotency_keys (
    operation    text        NOT NULL,
    key          text        NOT NULL,
    request_hash bytea       NOT NULL,
    subject_id   uuid        NOT NULL,
    status       smallint    NOT NULL,
    body         text        NOT NULL,
    created_at   timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (operation, key)
);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);

CREATE TABLE rate_limits (
    bucket    text        NOT NULL,
    used      bigint      NOT NULL,
    resets_at timestamptz NOT NULL,
    CONSTRAINT rate_limits_pkey PRIMARY KEY (bucket)
);
CREATE INDEX rate_limits_resets_at_idx ON rate_limits (resets_at);

-- The run-time login gets what its statements need and nothing more.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'raptor_app') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO raptor_app', current_schema());
        GRANT SELECT ON alembic_version TO raptor_app;
        GRANT SELECT, INSERT ON customers, staff TO raptor_app;
        GRANT SELECT, INSERT, UPDATE ON sessions, staff_invitations TO raptor_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys, rate_limits TO raptor_app;
    END IF;
END
$$;

-- raptor:up sqlite
CREATE TABLE customers (
    id            TEXT NOT NULL CHECK (length(id) = 36),
    email         TEXT NOT NULL,
    name          TEXT,
    password_hash TEXT NOT NULL,
    created_at    TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT customers_pkey PRIMARY KEY (id),
    CONSTRAINT customers_email_key UNIQUE (email),
    CONSTRAINT customers_email_lower CHECK (email = lower(email))
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id               TEXT NOT NULL CHECK (length(id) = 36),
    customer_id      TEXT NOT NULL,
    token_hash       BLOB NOT NULL,
    created_at       TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    authenticated_at TEXT NOT NULL CHECK (authenticated_at GLOB '????-??-??T??:??:??.??????Z'),
    last_used_at     TEXT NOT NULL CHECK (last_used_at GLOB '????-??-??T??:??:??.??????Z'),
    idle_expires_at  TEXT NOT NULL CHECK (idle_expires_at GLOB '????-??-??T??:??:??.??????Z'),
    expires_at       TEXT NOT NULL CHECK (expires_at GLOB '????-??-??T??:??:??.??????Z'),
    user_agent       TEXT,
    address          TEXT,
    ended_at         TEXT CHECK (ended_at GLOB '????-??-??T??:??:??.??????Z'),
    ended_reason     TEXT,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_token_hash_key UNIQUE (token_hash),
    CONSTRAINT sessions_token_hash_length CHECK (length(token_hash) = 32),
    CONSTRAINT sessions_ended CHECK ((ended_at IS NULL) = (ended_reason IS NULL)),
    CONSTRAINT sessions_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_customer_id_idx ON sessions (customer_id, id);

CREATE TABLE staff (
    id            TEXT NOT NULL CHECK (length(id) = 36),
    email         TEXT NOT NULL,
    name          TEXT,
    password_hash TEXT NOT NULL,
    created_at    TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT staff_pkey PRIMARY KEY (id),
    CONSTRAINT staff_email_key UNIQUE (email),
    CONSTRAINT staff_email_lower CHECK (email = lower(email))
) STRICT, WITHOUT ROWID;

CREATE TABLE staff_invitations (
    id         TEXT NOT NULL CHECK (length(id) = 36),
    token_hash BLOB NOT NULL,
    created_at TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    expires_at TEXT NOT NULL CHECK (expires_at GLOB '????-??-??T??:??:??.??????Z'),
    used_at    TEXT CHECK (used_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT staff_invitations_pkey PRIMARY KEY (id),
    CONSTRAINT staff_invitations_token_hash_key UNIQUE (token_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
    operation    TEXT NOT NULL,
    key          TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    subject_id   TEXT NOT NULL CHECK (length(subject_id) = 36),
    status       INTEGER NOT NULL,
    body         TEXT NOT NULL,
    created_at   TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (operation, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);

CREATE TABLE rate_limits (
    bucket    TEXT NOT NULL,
    used      INTEGER NOT NULL,
    resets_at TEXT NOT NULL CHECK (resets_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT rate_limits_pkey PRIMARY KEY (bucket)
) STRICT, WITHOUT ROWID;
CREATE INDEX rate_limits_resets_at_idx ON rate_limits (resets_at);

-- raptor:down
DROP TABLE rate_limits;
DROP TABLE idempotency_keys;
DROP TABLE staff_invitations;
DROP TABLE staff;
DROP TABLE sessions;
DROP TABLE customers;

-- raptor:down postgres
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'raptor_app') THEN
        REVOKE SELECT ON alembic_version FROM raptor_app;
        EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM raptor_app', current_schema());
    END IF;
END
$$;

-- raptor:down sqlite
-- SQLite has no roles.
