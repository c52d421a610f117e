-- A database as the historic service made it and used it, with the oddities that real ones have.
-- Passwords are bcrypt, cost 10, of the words after each account.

CREATE TABLE auth (token VARCHAR(512) PRIMARY KEY, userId INT NOT NULL);
CREATE TABLE user (
  id INT NOT NULL AUTO_INCREMENT, name VARCHAR(255) NOT NULL, email VARCHAR(255) NOT NULL,
  password VARCHAR(255) NOT NULL, PRIMARY KEY (id)
);
CREATE TABLE menu (
  id INT NOT NULL AUTO_INCREMENT, title VARCHAR(255) NOT NULL, image VARCHAR(1024) NOT NULL,
  price DECIMAL(10, 8) NOT NULL, description TEXT NOT NULL, PRIMARY KEY (id)
);
CREATE TABLE franchise (
  id INT NOT NULL AUTO_INCREMENT, name VARCHAR(255) NOT NULL UNIQUE, PRIMARY KEY (id)
);
CREATE TABLE store (
  id INT NOT NULL AUTO_INCREMENT, franchiseId INT NOT NULL, name VARCHAR(255) NOT NULL,
  FOREIGN KEY (franchiseId) REFERENCES franchise (id), PRIMARY KEY (id)
);
CREATE TABLE userRole (
  id INT NOT NULL AUTO_INCREMENT, userId INT NOT NULL, role VARCHAR(255) NOT NULL, objectId INT NOT NULL,
  FOREIGN KEY (userId) REFERENCES user (id), INDEX (objectId), PRIMARY KEY (id)
);
CREATE TABLE dinerOrder (
  id INT NOT NULL AUTO_INCREMENT, dinerId INT NOT NULL, franchiseId INT NOT NULL, storeId INT NOT NULL,
  date DATETIME NOT NULL, INDEX (dinerId), INDEX (franchiseId), INDEX (storeId), PRIMARY KEY (id)
);
CREATE TABLE orderItem (
  id INT NOT NULL AUTO_INCREMENT, orderId INT NOT NULL, menuId INT NOT NULL, description VARCHAR(255) NOT NULL,
  price DECIMAL(10, 8) NOT NULL, FOREIGN KEY (orderId) REFERENCES dinerOrder (id), INDEX (menuId),
  PRIMARY KEY (id)
);

INSERT INTO user (id, name, email, password) VALUES
  (1, '常用名字', 'a@jwt.com', '$2b$10$vpJgxA1NMxkGOrTNHVQde.fmBtpw3w75ZYWvc5traDzUq7pnfpGFu'),         -- admin
  (2, 'pizza diner', 'd@jwt.com', '$2b$10$jitwY3QtllzuuKM0ENxu4e744CAXB01lQ6kPCnw51I1YtXpv10xMW'),      -- diner
  (3, 'pizza franchisee', 'f@jwt.com', '$2b$10$xaVD6/tJzqaYmEOnqh2v7eNN83uw9.8waPGcPVRphr//bmX86MMpu'), -- franchisee
  -- A second account with an address that was taken.
  (4, 'the other diner', 'd@jwt.com', '$2b$10$dvIbXm48FbHrAgP5KE9hoegPCru0Jmj7lPHpkCs876acErr9tjL/e');  -- other diner
INSERT INTO userRole (userId, role, objectId) VALUES
  (1, 'admin', 0), (2, 'diner', 0), (3, 'diner', 0), (3, 'franchisee', 1), (4, 'diner', 0),
  -- A franchise that was deleted.
  (3, 'franchisee', 77);
-- The session of a diner; its token is in the test beside this file.
INSERT INTO auth (token, userId) VALUES ('TOKEN-SIGNATURE', 2);
INSERT INTO menu (id, title, description, image, price) VALUES
  (1, 'Veggie', 'A garden of delight', 'pizza1.png', 0.0038),
  (2, 'Pepperoni', 'Spicy treat', 'pizza2.png', 0.0042);
INSERT INTO franchise (id, name) VALUES (1, 'pizzaPocket');
INSERT INTO store (id, franchiseId, name) VALUES (1, 1, 'SLC');
INSERT INTO dinerOrder (id, dinerId, franchiseId, storeId, date) VALUES
  (1, 2, 1, 1, '2025-12-01 09:30:00'),
  -- Its store is gone, and so is one of its pizzas from the menu.
  (2, 2, 1, 99, '2025-12-02 10:05:00');
INSERT INTO orderItem (orderId, menuId, description, price) VALUES
  (1, 1, 'Veggie', 0.0038), (1, 2, 'Pepperoni', 0.0042), (2, 9, 'Sold out', 0.00000001);
