-- The checks that a value of a column must pass, of its table and of its domain (and of the domains behind that), with
-- the expression of a table's check that can be tried by itself, and '' for a domain's that a cast tries: neither calls
-- functions or operators of users; and how the check is written, for the values that it names. $1: the tables.
WITH RECURSIVE behind (oid, attname, type) AS (
    SELECT a.attrelid, a.attname, a.atttypid
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.oid, b.attname, t.typbasetype
    FROM behind AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.type
    WHERE t.typtype = 'd'
),
checks AS (
    SELECT k.conrelid, k.contypid, k.conname, k.conkey, k.conbin, EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.objid = k.oid
          AND d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
    ) AS calls
    FROM pg_catalog.pg_constraint AS k
    WHERE k.contype = 'c' AND (k.conrelid = ANY ($1::oid[]) OR k.contypid IN (SELECT b.type FROM behind AS b))
)
SELECT
    k.conrelid::int8 AS oid,
    a.attname AS column,
    k.conname AS name,
    CASE
        WHEN pg_catalog.cardinality(k.conkey) = 1 AND NOT k.calls
        THEN pg_catalog.pg_get_expr(k.conbin, k.conrelid)
    END AS expression,
    pg_catalog.pg_get_expr(k.conbin, k.conrelid) AS written
FROM checks AS k
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
UNION
SELECT
    b.oid::int8, b.attname, k.conname, CASE WHEN NOT k.calls THEN '' END,
    pg_catalog.pg_get_expr(k.conbin, 'pg_catalog.pg_type'::pg_catalog.regclass)
FROM behind AS b
JOIN checks AS k ON k.contypid = b.type
ORDER BY 1, 2, 3
