-- The checks that a value of a column must pass by itself, of its table and of its domain (and of the domains behind
-- that), with the expression of a table's check that can be tried, and '' for a domain's that a cast tries: neither calls
-- functions or operators of users; and how the check is written, for the values that it names. Also what checks without
-- being a check: the bounds of partitions, and generated columns. What concerns whole rows: exported_rules. $1: the tables.
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
),
partitioning (oid, attname, calls) AS (
    SELECT
        c.oid,
        a.attname,
        EXISTS (
            SELECT FROM pg_catalog.pg_depend AS f
            WHERE f.classid = d.classid AND f.objid = d.objid AND f.objsubid = 0
              AND f.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
        )
    FROM pg_catalog.pg_class AS c
    CROSS JOIN LATERAL pg_catalog.pg_partition_tree(c.oid) AS p
    JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = p.relid AND d.objsubid > 0
        AND d.refclassid = d.classid AND d.refobjid = d.objid AND d.refobjsubid = 0 AND d.deptype = 'i'
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.objid AND a.attnum = d.objsubid
    WHERE c.oid = ANY ($1::oid[]) AND c.relkind = 'p' AND NOT p.isleaf
),
bounds (oid, expression) AS (
    SELECT
        k.oid,
        pg_catalog.string_agg(
            coalesce('(' || pg_catalog.pg_get_partition_constraintdef(p.relid) || ')', 'true'), ' OR ' ORDER BY p.relid::oid
        )
    FROM (SELECT DISTINCT oid FROM partitioning) AS k
    CROSS JOIN LATERAL pg_catalog.pg_partition_tree(k.oid) AS p
    WHERE p.isleaf
    GROUP BY k.oid
),
generated (oid, attname, name, expression) AS (
    SELECT g.attrelid, a.attname, g.attname, CASE
        WHEN g.attnotnull THEN pg_catalog.format('(%s) IS DISTINCT FROM NULL', w.expression)
        ELSE pg_catalog.format('pg_catalog.num_nulls(%s) >= 0', w.expression)
    END
    FROM pg_catalog.pg_attribute AS g
    JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = g.attrelid AND d.adnum = g.attnum
    CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression) AS w
    CROSS JOIN LATERAL (
        SELECT pg_catalog.min(e.refobjsubid) AS number
        FROM pg_catalog.pg_depend AS e
        WHERE e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refobjid = g.attrelid AND e.refobjsubid > 0
          AND (
              (e.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND e.objid = d.oid AND e.refobjsubid <> g.attnum)
              OR (e.classid = e.refclassid AND e.objid = g.attrelid AND e.objsubid = g.attnum)
          )
        HAVING pg_catalog.count(DISTINCT e.refobjsubid) = 1
    ) AS o
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = g.attrelid AND a.attnum = o.number
    WHERE g.attrelid = ANY ($1::oid[]) AND g.attgenerated <> '' AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND e.objid = d.oid
          AND e.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
    )
)
SELECT
    k.conrelid::int8 AS oid,
    a.attname AS column,
    k.conname::text AS name,
    CASE WHEN NOT k.calls THEN pg_catalog.pg_get_expr(k.conbin, k.conrelid) END AS expression,
    pg_catalog.pg_get_expr(k.conbin, k.conrelid) AS written
FROM checks AS k
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
WHERE pg_catalog.cardinality(k.conkey) = 1
UNION
SELECT
    b.oid::int8, b.attname, k.conname::text, CASE WHEN NOT k.calls THEN '' END,
    pg_catalog.pg_get_expr(k.conbin, 'pg_catalog.pg_type'::pg_catalog.regclass)
FROM behind AS b
JOIN checks AS k ON k.contypid = b.type
UNION
SELECT
    k.oid::int8, k.attname, 'of the partitions',
    CASE WHEN NOT k.calls THEN b.expression END,
    coalesce(b.expression, '')
FROM partitioning AS k
JOIN (
    SELECT oid FROM partitioning GROUP BY oid HAVING pg_catalog.count(DISTINCT attname) = 1
) AS o ON o.oid = k.oid
LEFT JOIN bounds AS b ON b.oid = k.oid
UNION
SELECT g.oid::int8, g.attname, 'of the generated column ' || g.name, g.expression, g.expression
FROM generated AS g
ORDER BY 1, 2, 3
