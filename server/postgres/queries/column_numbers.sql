-- The stored columns of tables: table, column, and what makes it the very column (the table's oid, its number).
SELECT n.nspname, c.relname, a.attname, a.attrelid::int8, a.attnum::int
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pgferry')
ORDER BY a.attrelid, a.attnum
