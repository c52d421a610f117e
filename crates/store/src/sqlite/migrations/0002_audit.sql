-- Administrative acts: who did what to whom. Rows are only ever added.
CREATE TABLE audit_log (
    id         INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    actor_id   INTEGER, -- NULL: somebody at the machine itself
    action     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    detail     TEXT,
    request_id TEXT
) STRICT;
