-- What this program keeps beside the historic tables. Times are UTC, texts are compared byte by byte.
-- No foreign keys lead to historic tables: they would forbid the historic service what it does today.

-- One row for each order of ours; an order without one is historic, and fulfilled.
CREATE TABLE IF NOT EXISTS fulfilment (
    orderId         INT NOT NULL PRIMARY KEY,
    state           ENUM('queued', 'making', 'fulfilled', 'rejected', 'cancelled', 'quarantined')
                    NOT NULL DEFAULT 'queued',
    version         INT UNSIGNED NOT NULL DEFAULT 1, -- the number of its last status event
    franchiseId     INT NOT NULL,
    queuedAt        DATETIME(3) NOT NULL,
    dueAt           DATETIME(3) NOT NULL,
    attempts        INT UNSIGNED NOT NULL DEFAULT 0,
    strikes         INT UNSIGNED NOT NULL DEFAULT 0,
    token           BINARY(16),            -- whose hands it is in while it is being made
    leaseUntil      DATETIME(3),           -- and until when
    fulfilledAt     DATETIME(3),
    dinerName       VARCHAR(255) NOT NULL, -- as the factory gets to know the diner
    dinerEmail      VARCHAR(255) NOT NULL,
    traceparent     VARCHAR(255),
    reason          TEXT,
    unverifiedPizza MEDIUMTEXT,
    -- A franchise's next order, everything that is asked about the queue as a whole, and the few that are
    -- being made.
    INDEX queue (state, franchiseId, dueAt, orderId, queuedAt)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS orderEvent (
    orderId INT NOT NULL,
    number  INT UNSIGNED NOT NULL, -- 1, 2, 3 …
    state   ENUM('queued', 'making', 'fulfilled', 'rejected', 'cancelled', 'quarantined') NOT NULL,
    at      DATETIME(3) NOT NULL,
    PRIMARY KEY (orderId, number)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS pizza (
    orderId INT NOT NULL PRIMARY KEY,
    jwt     MEDIUMTEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What fulfilled orders brought in since it was last added up: rows are added, and then replaced by their sum.
CREATE TABLE IF NOT EXISTS storeSale (
    id      BIGINT AUTO_INCREMENT PRIMARY KEY,
    storeId INT NOT NULL,
    satoshi BIGINT NOT NULL,
    INDEX revenue (storeId, satoshi)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The sums.
CREATE TABLE IF NOT EXISTS storeRevenue (
    storeId INT NOT NULL PRIMARY KEY,
    satoshi DECIMAL(30, 0) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS idempotency (
    userId      INT NOT NULL,
    name        VARBINARY(255) NOT NULL, -- the client's key
    requestHash BINARY(32) NOT NULL,
    orderId     INT NOT NULL,
    expiresAt   DATETIME(3) NOT NULL,
    PRIMARY KEY (userId, name),
    INDEX expiry (expiresAt)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Who has an e-mail address: the historic table has neither an index on it nor a unique key.
CREATE TABLE IF NOT EXISTS emailClaim (
    emailKey VARBINARY(1024) NOT NULL, -- the address in lower case
    besides  INT NOT NULL,             -- 0; for accounts that share an address since historic times their id
    userId   INT NOT NULL,
    PRIMARY KEY (emailKey, besides),
    UNIQUE INDEX account (userId)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- When a session of ours ends; a row of auth without one here never does.
CREATE TABLE IF NOT EXISTS sessionExpiry (
    token     VARBINARY(512) NOT NULL PRIMARY KEY,
    expiresAt DATETIME(3) NOT NULL,
    INDEX expiry (expiresAt)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Written with a change, so that who lost the connection while it was committed can find out whether it was,
-- and by which of several tries.
CREATE TABLE IF NOT EXISTS receipt (
    token BINARY(16) NOT NULL PRIMARY KEY,
    try   INT UNSIGNED NOT NULL,
    at    DATETIME(3) NOT NULL,
    INDEX age (at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS setting (
    name  VARBINARY(255) NOT NULL PRIMARY KEY,
    value MEDIUMTEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Administrative acts: who did what to whom. Rows are only ever added.
CREATE TABLE IF NOT EXISTS auditLog (
    id        BIGINT AUTO_INCREMENT PRIMARY KEY,
    at        DATETIME(3) NOT NULL,
    actorId   INT, -- NULL: somebody at the machine itself
    action    TEXT NOT NULL,
    subject   TEXT NOT NULL,
    detail    TEXT,
    requestId TEXT,
    INDEX age (at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One row for each instance, rewritten to prove that the database takes writes.
CREATE TABLE IF NOT EXISTS heartbeat (
    instance BINARY(16) NOT NULL PRIMARY KEY,
    at       DATETIME(3) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
