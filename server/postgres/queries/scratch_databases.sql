-- Databases whose name matches $1 and whose owner is the role or one that it belongs to, the oldest name first.
SELECT d.datname
FROM pg_catalog.pg_database AS d
WHERE d.datname LIKE $1 AND pg_catalog.pg_has_role(d.datdba, 'USAGE')
ORDER BY d.datname
