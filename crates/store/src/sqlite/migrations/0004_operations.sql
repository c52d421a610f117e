-- What the on-call engineer's side keeps.

-- When each instance last wrote down how its alerts stand.
CREATE TABLE alert_instance (
    instance TEXT NOT NULL PRIMARY KEY,
    seen_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE alert (
    instance TEXT NOT NULL,
    rule     TEXT NOT NULL,
    labels   TEXT NOT NULL,
    firing   INTEGER NOT NULL,
    -- Whether the installation has the alert because of this row: it is firing, and nobody has found its instance dead.
    held     INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (instance, rule, labels)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_change (
    id         INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    instance   TEXT NOT NULL,
    rule       TEXT NOT NULL,
    labels     TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    value      TEXT NOT NULL -- because a REAL cannot be NaN
) STRICT;
CREATE INDEX alert_change_history ON alert_change (at);

CREATE TABLE alert_pause (
    rule         TEXT NOT NULL PRIMARY KEY,
    paused_until INTEGER NOT NULL,
    paused_by    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Sent ones stay for a while, so that their keys are known.
CREATE TABLE notice (
    id            INTEGER PRIMARY KEY,
    key           TEXT NOT NULL UNIQUE,
    contact_point TEXT NOT NULL,
    payload       TEXT NOT NULL,
    queued_at     INTEGER NOT NULL,
    due_at        INTEGER,          -- while somebody delivers it: when their lease ends; NULL once it is settled
    attempts      INTEGER NOT NULL,
    token         BLOB,             -- whose hands it is in
    settled_at    INTEGER,
    failure       TEXT              -- why it was not delivered, the last time or for good
) STRICT;
CREATE INDEX notice_due ON notice (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX notice_settled ON notice (settled_at) WHERE settled_at IS NOT NULL;

CREATE TABLE incident (
    id              INTEGER PRIMARY KEY,
    cause           TEXT NOT NULL,
    open_cause      TEXT UNIQUE, -- the same while it is open, then NULL: one open incident of each cause
    began_at        INTEGER NOT NULL,
    opened_at       INTEGER NOT NULL,
    acknowledged_at INTEGER,
    acknowledged_by TEXT,
    closed_at       INTEGER,
    link            TEXT         -- ends the factory's chaos, and may hold a key
) STRICT;
CREATE INDEX incident_opened ON incident (opened_at);
CREATE INDEX incident_began ON incident (began_at);

CREATE TABLE incident_event (
    id          INTEGER PRIMARY KEY,
    incident_id INTEGER NOT NULL,
    key         TEXT NOT NULL,
    at          INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    text        TEXT NOT NULL,
    UNIQUE (incident_id, key)
) STRICT;

CREATE TABLE incident_tally (
    incident_id INTEGER NOT NULL,
    instance    TEXT NOT NULL,
    tally       TEXT NOT NULL, -- JSON
    PRIMARY KEY (incident_id, instance)
) STRICT, WITHOUT ROWID;

-- A window may be taken away, and annotations name it by its id: so no id is given twice.
CREATE TABLE chaos_window (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    from_at         INTEGER NOT NULL,
    to_at           INTEGER NOT NULL,
    kind            TEXT NOT NULL,
    reason          TEXT NOT NULL,
    lowers_severity INTEGER NOT NULL,
    planned_by      INTEGER -- NULL: somebody at the machine itself
) STRICT;
CREATE INDEX chaos_window_beginning ON chaos_window (from_at);

CREATE TABLE annotation (
    subject       TEXT NOT NULL PRIMARY KEY,
    annotation_id INTEGER NOT NULL,
    to_at         INTEGER
) STRICT, WITHOUT ROWID;
