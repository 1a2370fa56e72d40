-- Every table, materialised view and index of the user's own: its name, its kind, and the file that holds it (0: none);
-- where $1 is true, only those that the current transaction has made or changed.
SELECT c.oid::int8, n.nspname, c.relname, c.relkind::text, c.relfilenode::int8
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'i') AND c.oid >= 16384
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pgferry')
  AND (NOT $1::bool OR pg_catalog.age(c.xmin) <= 0)
ORDER BY c.oid
