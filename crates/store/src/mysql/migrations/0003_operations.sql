-- What the on-call engineer's side keeps. Names that must differ wherever they differ in a byte are VARBINARY.

-- When each instance last wrote down how its alerts stand.
CREATE TABLE IF NOT EXISTS alertInstance (
    instance VARBINARY(255) NOT NULL PRIMARY KEY,
    seenAt   DATETIME(3) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS alert (
    instance VARBINARY(255) NOT NULL,
    rule     VARBINARY(255) NOT NULL,
    labels   VARBINARY(2000) NOT NULL,
    firing   BOOLEAN NOT NULL,
    -- Whether the installation has the alert because of this row: it is firing, and nobody has found its instance dead.
    held     BOOLEAN NOT NULL,
    document MEDIUMTEXT NOT NULL,
    PRIMARY KEY (instance, rule, labels)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS alertChange (
    id        BIGINT AUTO_INCREMENT PRIMARY KEY,
    at        DATETIME(3) NOT NULL,
    instance  VARBINARY(255) NOT NULL,
    rule      VARBINARY(255) NOT NULL,
    labels    VARBINARY(2000) NOT NULL,
    fromState VARCHAR(255) NOT NULL,
    toState   VARCHAR(255) NOT NULL,
    value     VARCHAR(32) NOT NULL, -- because a DOUBLE cannot be NaN
    INDEX history (at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS alertPause (
    rule        VARBINARY(255) NOT NULL PRIMARY KEY,
    pausedUntil DATETIME(3) NOT NULL,
    pausedBy    TEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Sent ones stay for a while, so that their keys are known.
CREATE TABLE IF NOT EXISTS notice (
    id           BIGINT AUTO_INCREMENT PRIMARY KEY,
    name         VARBINARY(1024) NOT NULL,
    contactPoint VARCHAR(255) NOT NULL,
    payload      MEDIUMTEXT NOT NULL,
    queuedAt     DATETIME(3) NOT NULL,
    dueAt        DATETIME(3),         -- while somebody delivers it: when their lease ends; NULL once it is settled
    attempts     INT UNSIGNED NOT NULL DEFAULT 0,
    token        BINARY(16),          -- whose hands it is in
    settledAt    DATETIME(3),
    failure      MEDIUMTEXT,          -- why it was not delivered, the last time or for good
    UNIQUE INDEX name (name),
    INDEX due (dueAt),
    INDEX settled (settledAt)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS incident (
    id             BIGINT AUTO_INCREMENT PRIMARY KEY,
    cause          VARCHAR(32) NOT NULL,
    openCause      VARCHAR(32), -- the same while it is open, then NULL: one open incident of each cause
    beganAt        DATETIME(3) NOT NULL,
    openedAt       DATETIME(3) NOT NULL,
    acknowledgedAt DATETIME(3),
    acknowledgedBy TEXT,
    closedAt       DATETIME(3),
    link           MEDIUMTEXT,  -- ends the factory's chaos, and may hold a key
    UNIQUE INDEX openCause (openCause),
    INDEX opened (openedAt),
    INDEX began (beganAt)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS incidentEvent (
    id         BIGINT AUTO_INCREMENT PRIMARY KEY,
    incidentId BIGINT NOT NULL,
    name       VARBINARY(1024) NOT NULL,
    at         DATETIME(3) NOT NULL,
    kind       VARCHAR(32) NOT NULL,
    text       MEDIUMTEXT NOT NULL,
    UNIQUE INDEX name (incidentId, name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS incidentTally (
    incidentId BIGINT NOT NULL,
    instance   VARBINARY(255) NOT NULL,
    tally      TEXT NOT NULL, -- JSON
    PRIMARY KEY (incidentId, instance)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS chaosWindow (
    id             BIGINT AUTO_INCREMENT PRIMARY KEY,
    fromAt         DATETIME(3) NOT NULL,
    toAt           DATETIME(3) NOT NULL,
    kind           VARCHAR(255) NOT NULL,
    reason         MEDIUMTEXT NOT NULL,
    lowersSeverity BOOLEAN NOT NULL,
    plannedBy      BIGINT, -- NULL: somebody at the machine itself
    INDEX beginning (fromAt)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS annotation (
    subject      VARBINARY(255) NOT NULL PRIMARY KEY,
    annotationId BIGINT NOT NULL,
    toAt         DATETIME(3)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
