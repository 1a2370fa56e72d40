-- The columns of every table (see segment_relations.sql): `base` is the type below all domains without its modifier, as
-- PostgreSQL prints it, `category` its category (M: of a multirange), `operators` the schema in which its operators
-- stand, `delimiter` what parts values of it in an array, `deterministic` whether by its collation, if it has one, only
-- equal bytes are equal, `collation` schema and name of that.
WITH RECURSIVE below (oid, base) AS (
    SELECT t.oid, t.typbasetype
    FROM pg_catalog.pg_type AS t
    WHERE t.typtype = 'd'
    UNION ALL
    SELECT b.oid, t.typbasetype
    FROM below AS b
    JOIN pg_catalog.pg_type AS t ON t.oid = b.base AND t.typtype = 'd'
)
SELECT
    a.attrelid::int8 AS relation,
    a.attname::text AS name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
    pg_catalog.format_type(t.oid, NULL) AS base,
    CASE WHEN t.typtype = 'm' THEN 'M' ELSE t.typcategory END::text AS category,
    a.attnotnull OR declared.typnotnull AS not_null,
    CASE WHEN t.typtype = 'b' AND t.typcategory <> 'A' THEN tn.nspname ELSE 'pg_catalog' END::text AS operators,
    t.typdelim::text AS delimiter,
    coalesce(co.collisdeterministic, true) AS deterministic,
    CASE WHEN co.oid IS NOT NULL THEN ARRAY[cn.nspname, co.collname]::text[] END AS collation
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type AS declared ON declared.oid = a.atttypid
LEFT JOIN LATERAL (
    SELECT b.base
    FROM below AS b
    JOIN pg_catalog.pg_type AS bt ON bt.oid = b.base AND bt.typtype <> 'd'
    WHERE b.oid = a.atttypid
) AS domain ON declared.typtype = 'd'
JOIN pg_catalog.pg_type AS t ON t.oid = coalesce(domain.base, a.atttypid)
JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_collation AS co ON co.oid = a.attcollation
LEFT JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace
WHERE c.relkind IN ('r', 'p')
  AND c.relpersistence <> 't'
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND n.nspname !~ '^pg_'
  AND n.nspname NOT IN ('information_schema', 'pgferry')
ORDER BY a.attrelid, a.attnum
