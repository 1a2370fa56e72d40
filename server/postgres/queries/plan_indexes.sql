-- Valid indexes on given tables ($1 schemas, $2 names, equally long) by the name of their first column, for telling
-- which would have served a condition; expression indexes are left out.
SELECT n.nspname, c.relname, i.relname, a.attname, x.indpred IS NOT NULL AS partial
FROM unnest($1::text[], $2::text[]) AS w (schema, name)
JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.name
JOIN pg_catalog.pg_index AS x ON x.indrelid = c.oid AND x.indisvalid
JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = x.indkey[0] AND a.attnum > 0
ORDER BY 1, 2, 3
