-- What may have a password in its definition, as user mappings and subscriptions of this database: what each is, and its
-- name. Nothing is left out.
SELECT 'user mapping' AS what, pg_catalog.format('%s of server %s', m.usename, m.srvname) AS name
FROM pg_catalog.pg_user_mappings AS m
UNION ALL
SELECT 'subscription', s.subname::text
FROM pg_catalog.pg_subscription AS s
WHERE s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
ORDER BY what, name
