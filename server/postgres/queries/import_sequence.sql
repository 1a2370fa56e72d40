-- The sequence that $1 names (qualified): oid, schema, name, increment and bounds, whether the role owns it, and whether
-- it may move it.
SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, s.seqincrement AS increment,
       s.seqmin AS lowest, s.seqmax AS highest,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owned,
       pg_catalog.has_sequence_privilege(c.oid, 'SELECT') AND pg_catalog.has_sequence_privilege(c.oid, 'UPDATE') AS usable
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = c.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass($1::text)
