-- The subscriptions of this database.
SELECT s.subname::text
FROM pg_catalog.pg_subscription AS s
WHERE s.subdbid = (SELECT b.oid FROM pg_catalog.pg_database AS b WHERE b.datname = pg_catalog.current_database())
ORDER BY 1
