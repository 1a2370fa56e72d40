-- The relations that people made and a query may read, as a query writes them:
-- bare where its search path ($1, schemas) finds them, and always qualified.
-- For telling the nearest to one that is not there.
WITH known AS (
  SELECT n.nspname, c.relname
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.oid >= 16384 AND NOT c.relispartition
)
SELECT pg_catalog.quote_ident(relname) FROM known WHERE nspname = ANY ($1::text[])
UNION
SELECT pg_catalog.format('%I.%I', nspname, relname) FROM known
ORDER BY 1
