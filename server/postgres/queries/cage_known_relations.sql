-- The relations that people made and a query may read, by bare and
-- qualified name: for telling the nearest to one that is not there.
SELECT c.relname::text
FROM pg_catalog.pg_class AS c
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.oid >= 16384 AND NOT c.relispartition
UNION
SELECT n.nspname || '.' || c.relname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.oid >= 16384 AND NOT c.relispartition
ORDER BY 1
