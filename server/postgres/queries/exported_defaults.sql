-- What columns of the tables $1 get in a row that does not name them, as an expression of the column itself or else of its
-- domain. Left out: identity and generated columns, and what calls functions or operators of users.
SELECT a.attrelid::int8 AS oid,
       a.attname AS column,
       coalesce(
           pg_catalog.pg_get_expr(d.adbin, d.adrelid),
           pg_catalog.pg_get_expr(t.typdefaultbin, 'pg_catalog.pg_type'::pg_catalog.regclass)
       ) AS expression
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attgenerated = '' AND a.attidentity = ''
  AND (d.oid IS NOT NULL OR t.typdefaultbin IS NOT NULL)
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS f
      WHERE f.classid = CASE WHEN d.oid IS NULL THEN 'pg_catalog.pg_type' ELSE 'pg_catalog.pg_attrdef' END::pg_catalog.regclass
        AND f.objid = coalesce(d.oid, t.oid)
        AND f.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
  )
ORDER BY 1, 2
