-- Whether the index $2 of the schema $1 is one that CREATE INDEX CONCURRENTLY did not finish: a row if so.
SELECT c.oid::bigint AS oid
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
WHERE n.nspname = $1::text AND c.relname = $2::text AND NOT i.indisvalid
