-- The tables of the historic service, as it makes them. Where they exist they stay what they are: no
-- migration alters or drops one of them.

CREATE TABLE IF NOT EXISTS auth (
    token  VARCHAR(512) PRIMARY KEY, -- the signature part of the session's JWT
    userId INT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS user (
    id       INT AUTO_INCREMENT PRIMARY KEY,
    name     VARCHAR(255) NOT NULL,
    email    VARCHAR(255) NOT NULL,
    password VARCHAR(255) NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS menu (
    id          INT AUTO_INCREMENT PRIMARY KEY,
    title       VARCHAR(255) NOT NULL,
    image       VARCHAR(1024) NOT NULL,
    price       DECIMAL(10, 8) NOT NULL,
    description TEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS franchise (
    id   INT AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(255) NOT NULL UNIQUE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS store (
    id          INT AUTO_INCREMENT PRIMARY KEY,
    franchiseId INT NOT NULL,
    name        VARCHAR(255) NOT NULL,
    FOREIGN KEY (franchiseId) REFERENCES franchise (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS userRole (
    id       INT AUTO_INCREMENT PRIMARY KEY,
    userId   INT NOT NULL,
    role     VARCHAR(255) NOT NULL, -- diner, franchisee, admin
    objectId INT NOT NULL,          -- the franchise of a franchisee, otherwise 0
    FOREIGN KEY (userId) REFERENCES user (id),
    INDEX (objectId)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS dinerOrder (
    id          INT AUTO_INCREMENT PRIMARY KEY,
    dinerId     INT NOT NULL,
    franchiseId INT NOT NULL,
    storeId     INT NOT NULL,
    date        DATETIME NOT NULL,
    INDEX (dinerId),
    INDEX (franchiseId),
    INDEX (storeId)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE IF NOT EXISTS orderItem (
    id          INT AUTO_INCREMENT PRIMARY KEY,
    orderId     INT NOT NULL,
    menuId      INT NOT NULL,
    description VARCHAR(255) NOT NULL,
    price       DECIMAL(10, 8) NOT NULL,
    FOREIGN KEY (orderId) REFERENCES dinerOrder (id),
    INDEX (menuId)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;
