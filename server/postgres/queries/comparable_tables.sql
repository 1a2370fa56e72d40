-- Tables whose rows can be compared, one row per column in order of number: schema, table, whether it is partitioned,
-- column, its type as declared, the name of its base type, the column's place in the primary key (NULL: not in it), and
-- the table's rows as last estimated, those of its partitions among them, and schema, table, name and base type of each
-- column that it refers to, is computed or inherited from, over as many foreign keys, generated columns and parents as
-- there are (NULL: none).
-- Partitions count as part of their parent; foreign, temporary and extension-owned tables are left out.
WITH RECURSIVE keyed AS MATERIALIZED (
    SELECT f.conrelid AS relid, k.own, f.confrelid AS parent, k.target
    FROM pg_catalog.pg_constraint AS f
    CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(f.conkey), pg_catalog.unnest(f.confkey)) AS k (own, target)
    WHERE f.contype = 'f'
    UNION ALL
    SELECT a.attrelid, a.attnum, a.attrelid, e.refobjsubid
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    JOIN pg_catalog.pg_depend AS e
        ON e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refobjid = a.attrelid AND e.refobjsubid > 0
        AND (
            (e.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND e.objid = d.oid)
            OR (e.classid = e.refclassid AND e.objid = a.attrelid AND e.objsubid = a.attnum)
        )
    WHERE a.attgenerated <> ''
    UNION ALL
    SELECT a.attrelid, a.attnum, i.inhparent, p.attnum
    FROM pg_catalog.pg_inherits AS i
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.inhrelid AND a.attinhcount > 0
    JOIN pg_catalog.pg_attribute AS p ON p.attrelid = i.inhparent AND p.attname = a.attname
),
up AS (
    SELECT k.relid, k.own, k.parent, k.target FROM keyed AS k
    UNION
    SELECT u.relid, u.own, k.parent, k.target FROM up AS u JOIN keyed AS k ON k.relid = u.parent AND k.own = u.target
),
referred AS (
    SELECT u.relid, u.own,
           pg_catalog.json_agg(
               pg_catalog.json_build_array(n.nspname, c.relname, a.attname, coalesce(b.typname, t.typname))
           ) AS columns
    FROM up AS u
    JOIN pg_catalog.pg_class AS c ON c.oid = u.parent
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = u.parent AND a.attnum = u.target
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
    GROUP BY u.relid, u.own
)
SELECT
    n.nspname AS schema,
    c.relname AS name,
    c.relkind = 'p' AS partitioned,
    a.attname AS column,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
    coalesce(b.typname, t.typname) AS base,
    pg_catalog.array_position(k.conkey::int[], a.attnum::int) AS key_place,
    CASE WHEN c.relkind = 'r' THEN greatest(c.reltuples, 0)::bigint ELSE (
        SELECT coalesce(sum(greatest(l.reltuples, 0)), 0)::bigint
        FROM pg_catalog.pg_partition_tree(c.oid) AS p
        JOIN pg_catalog.pg_class AS l ON l.oid = p.relid
        WHERE p.isleaf
    ) END AS rows,
    r.columns AS referred
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_constraint AS k ON k.conrelid = c.oid AND k.contype = 'p'
LEFT JOIN referred AS r ON r.relid = c.oid AND r.own = a.attnum
WHERE c.relkind IN ('r', 'p')
  AND NOT c.relispartition
  AND c.relpersistence <> 't'
  AND n.nspname NOT LIKE 'pg\_%'
  AND n.nspname NOT IN ('information_schema', 'pgferry')
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
ORDER BY n.nspname, c.relname, a.attnum
