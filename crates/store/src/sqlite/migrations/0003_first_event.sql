-- The first status event of an order is written with its second; what an earlier program wrote with the order
-- would be written twice.
DELETE FROM order_event
WHERE number = 1 AND order_id IN (SELECT order_id FROM fulfilment WHERE version = 1);
