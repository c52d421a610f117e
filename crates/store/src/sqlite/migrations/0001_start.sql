-- Times are milliseconds since the epoch, prices units of 1e-8 bitcoin, tokens the 16 bytes of a UUID.

CREATE TABLE user (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL,
    email_key     TEXT NOT NULL UNIQUE, -- the e-mail address in lower case
    password_hash TEXT NOT NULL
) STRICT;

CREATE TABLE user_role (
    user_id   INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    role      TEXT NOT NULL,    -- diner, franchisee, admin
    object_id INTEGER NOT NULL, -- the franchise of a franchisee, otherwise 0
    PRIMARY KEY (user_id, role, object_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_role_franchise ON user_role (object_id) WHERE role = 'franchisee';

CREATE TABLE auth (
    token      TEXT NOT NULL PRIMARY KEY, -- the signature part of the session's JWT
    user_id    INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_expiry ON auth (expires_at);
CREATE INDEX auth_user ON auth (user_id);

CREATE TABLE menu (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    title       TEXT NOT NULL,
    image       TEXT NOT NULL,
    price       INTEGER NOT NULL,
    description TEXT NOT NULL
) STRICT;

CREATE TABLE franchise (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE
) STRICT;

CREATE TABLE store (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    franchise_id INTEGER NOT NULL REFERENCES franchise (id),
    name         TEXT NOT NULL,
    -- The sum of its fulfilled orders, kept with each of them, because a sum over orders grows with them.
    revenue      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX store_franchise ON store (franchise_id);

-- Orders and what belongs to them are never deleted, so an id is never given twice. They have no foreign
-- keys: they outlive the menu, the stores and the franchises they name, and each row that counts is
-- written in the transaction that writes its order.

CREATE TABLE diner_order (
    id           INTEGER PRIMARY KEY,
    diner_id     INTEGER NOT NULL,
    franchise_id INTEGER NOT NULL,
    store_id     INTEGER NOT NULL,
    date         INTEGER NOT NULL
) STRICT;
CREATE INDEX diner_order_history ON diner_order (diner_id, date);

CREATE TABLE order_item (
    order_id    INTEGER NOT NULL,
    number      INTEGER NOT NULL, -- 0, 1, 2 … in the order it was asked for
    menu_id     INTEGER NOT NULL,
    description TEXT NOT NULL,
    price       INTEGER NOT NULL,
    PRIMARY KEY (order_id, number)
) STRICT, WITHOUT ROWID;

-- One row for each order; an order without one is historic, and fulfilled.
CREATE TABLE fulfilment (
    order_id         INTEGER PRIMARY KEY,
    state            TEXT NOT NULL,
    version          INTEGER NOT NULL, -- the number of its last status event
    franchise_id     INTEGER NOT NULL,
    queued_at        INTEGER NOT NULL,
    due_at           INTEGER NOT NULL,
    attempts         INTEGER NOT NULL,
    strikes          INTEGER NOT NULL,
    token            BLOB,             -- whose hands it is in while it is being made
    lease_until      INTEGER,          -- and until when
    fulfilled_at     INTEGER,
    diner_name       TEXT NOT NULL,    -- as the factory gets to know the diner
    diner_email      TEXT NOT NULL,
    traceparent      TEXT,
    reason           TEXT,
    unverified_pizza TEXT
) STRICT;
-- A franchise's next order, and everything that is asked about the queue as a whole.
CREATE INDEX fulfilment_queued ON fulfilment (franchise_id, due_at, order_id, queued_at) WHERE state = 'queued';
CREATE INDEX fulfilment_making ON fulfilment (lease_until) WHERE state = 'making';
CREATE INDEX fulfilment_quarantined ON fulfilment (queued_at) WHERE state = 'quarantined';

CREATE TABLE pizza (
    order_id INTEGER PRIMARY KEY,
    jwt      TEXT NOT NULL
) STRICT;

CREATE TABLE order_event (
    order_id INTEGER NOT NULL,
    number   INTEGER NOT NULL, -- 1, 2, 3 …
    state    TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (order_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    user_id      INTEGER NOT NULL,
    key          TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    order_id     INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_expiry ON idempotency (expires_at);

CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row, rewritten to prove that the database takes writes.
CREATE TABLE heartbeat (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;
