-- The attributes of columns of composite types (behind domains too: `row_type` is the type below them), in order, and what
-- a stand-in must know of each. $1: the tables.
WITH RECURSIVE behind (oid, attnum, type, modifier) AS (
    SELECT a.attrelid, a.attnum, a.atttypid, a.atttypmod
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.oid, b.attnum, t.typbasetype, t.typtypmod
    FROM behind AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.type
    WHERE t.typtype = 'd'
),
attributes AS (
    SELECT b.oid, c.attname AS column, t.oid AS row_type, a.attnum, a.attname, a.atttypid, a.atttypmod
    FROM behind AS b
    JOIN pg_catalog.pg_attribute AS c ON c.attrelid = b.oid AND c.attnum = b.attnum
    JOIN pg_catalog.pg_type AS t ON t.oid = b.type AND t.typtype = 'c'
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
),
bottom (oid, "column", attnum, type, modifier) AS (
    SELECT oid, "column", attnum, atttypid, atttypmod FROM attributes
    UNION ALL
    SELECT b.oid, b.column, b.attnum, t.typbasetype, CASE WHEN b.modifier >= 0 THEN b.modifier ELSE t.typtypmod END
    FROM bottom AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.type
    WHERE t.typtype = 'd'
)
SELECT
    a.oid::int8 AS oid,
    a.column,
    pg_catalog.format_type(a.row_type, NULL) AS row_type,
    a.attname AS name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
    t.typname AS base,
    t.typcategory::text AS category,
    CASE WHEN t.typname IN ('varchar', 'bpchar') AND b.modifier > 4 THEN b.modifier - 4
         WHEN t.typname IN ('bit', 'varbit') AND b.modifier > 0 THEN b.modifier END AS length,
    CASE t.typtype WHEN 'e' THEN ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid
                                       ORDER BY e.enumsortorder LIMIT 16) END AS labels
FROM attributes AS a
JOIN bottom AS b ON b.oid = a.oid AND b.column = a.column AND b.attnum = a.attnum
JOIN pg_catalog.pg_type AS t ON t.oid = b.type AND t.typtype <> 'd'
ORDER BY a.oid, a.column, a.attnum
