-- The checks that a value of a column must pass, of its table and of its domain (and of the domains behind that).
-- $1: the tables.
WITH RECURSIVE behind (oid, attname, type) AS (
    SELECT a.attrelid, a.attname, a.atttypid
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.oid, b.attname, t.typbasetype
    FROM behind AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.type
    WHERE t.typtype = 'd'
)
SELECT k.conrelid::int8 AS oid, a.attname AS column, k.conname AS name
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
WHERE k.conrelid = ANY ($1::oid[]) AND k.contype = 'c'
UNION
SELECT b.oid::int8, b.attname, k.conname
FROM behind AS b JOIN pg_catalog.pg_constraint AS k ON k.contypid = b.type AND k.contype = 'c'
ORDER BY 1, 2, 3
