-- The columns of tables and what a mask must know of each: the type below any domain, whether it must have a value and be
-- unique, who refers to it; what a partition alone asks for, its table is told to ask for. `holds_json`: a json (not
-- jsonb) anywhere inside, whose text may hold line breaks; 114 is its own type, 199 that of arrays of it.
-- `json_cast`: of an extension's type with a cast to json, in whose form the type does not read itself back.
-- `built_in`: the type below any domain is PostgreSQL's own, so its name says what it is. `made_of`: the columns that a
-- generated one is computed from; `parents`: schema and name of each table that it is inherited from. `loose`: by its
-- collation texts may be equal that are not the same.
WITH RECURSIVE
bottom (oid, base, modifier, not_null) AS (
    SELECT t.oid, t.oid, -1, false FROM pg_catalog.pg_type AS t WHERE t.typtype <> 'd'
    UNION ALL
    SELECT d.oid, b.base, CASE WHEN b.modifier >= 0 THEN b.modifier ELSE d.typtypmod END, b.not_null OR d.typnotnull
    FROM bottom AS b
    JOIN pg_catalog.pg_type AS d ON d.typtype = 'd' AND d.typbasetype = b.oid
),
with_json (oid) AS (
    SELECT 'pg_catalog.json'::pg_catalog.regtype::oid
    UNION
    SELECT t.oid
    FROM with_json AS j
    JOIN pg_catalog.pg_type AS t ON t.typelem = j.oid OR t.typbasetype = j.oid
         OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                                        WHERE a.attrelid = t.typrelid AND a.atttypid = j.oid AND a.attnum > 0
                                          AND (a.atttypid >= 16384 OR a.atttypid IN (114, 199)))
),
partitions (oid, root) AS (
    SELECT c.oid, pg_catalog.pg_partition_root(c.oid)::oid
    FROM pg_catalog.pg_class AS c
    WHERE c.relispartition AND c.relkind IN ('r', 'p')
),
held_unique (table_oid, number) AS (
    SELECT i.indrelid, k.number
    FROM pg_catalog.pg_index AS i CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) AS k(number)
    WHERE i.indisunique OR i.indisexclusion
    UNION
    SELECT d.refobjid, d.refobjsubid
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_depend AS d
         ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = i.indexrelid
         AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = i.indrelid
    WHERE i.indisunique OR i.indisexclusion
),
key_columns (table_oid, number) AS (
    SELECT table_oid, number FROM held_unique
    UNION
    SELECT r.attrelid, r.attnum
    FROM partitions AS p
    JOIN held_unique AS k ON k.table_oid = p.oid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = p.oid AND a.attnum = k.number
    JOIN pg_catalog.pg_attribute AS r ON r.attrelid = p.root AND r.attname = a.attname
),
never_null (table_oid, name) AS (
    SELECT DISTINCT p.root, a.attname
    FROM partitions AS p
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = p.oid AND a.attnum > 0 AND a.attnotnull
),
json_casts (castsource) AS (
    SELECT x.castsource
    FROM pg_catalog.pg_cast AS x
    WHERE x.castsource >= 16384 AND x.casttarget = 'pg_catalog.json'::pg_catalog.regtype
),
lineage (oid, parent) AS (
    SELECT i.inhrelid, i.inhparent
    FROM pg_catalog.pg_inherits AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid AND c.relkind = 'r' AND NOT c.relispartition
    UNION
    SELECT l.oid, i.inhparent FROM lineage AS l JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = l.parent
),
targets (table_oid, number) AS (
    SELECT f.confrelid, k.number
    FROM pg_catalog.pg_constraint AS f CROSS JOIN LATERAL pg_catalog.unnest(f.confkey) AS k(number)
    WHERE f.contype = 'f'
    UNION
    SELECT r.attrelid, r.attnum
    FROM partitions AS p
    JOIN pg_catalog.pg_constraint AS f ON f.confrelid = p.oid AND f.contype = 'f'
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = p.oid AND a.attnum = ANY (f.confkey)
    JOIN pg_catalog.pg_attribute AS r ON r.attrelid = p.root AND r.attname = a.attname
),
unproved (table_oid, number) AS (
    SELECT conrelid, conkey[1] FROM pg_catalog.pg_constraint WHERE contype = 'n' AND NOT convalidated
)
SELECT a.attrelid::bigint AS table_oid,
       a.attname AS name,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
       t.typname AS base,
       t.typcategory::text AS category,
       CASE WHEN t.typname IN ('varchar', 'bpchar') AND m.modifier > 4 THEN m.modifier - 4
            WHEN t.typname IN ('bit', 'varbit') AND m.modifier > 0 THEN m.modifier END AS length,
       a.attnotnull OR b.not_null OR o.name IS NOT NULL AS not_null,
       a.atthasdef AND a.attgenerated = '' OR a.attidentity <> ''
           OR EXISTS (SELECT FROM pg_catalog.pg_type AS d WHERE d.oid = a.atttypid AND d.typdefault IS NOT NULL)
           AS has_default,
       a.attgenerated <> '' AS generated,
       a.attidentity <> '' AS identity,
       u.number IS NOT NULL AS "unique",
       r.number IS NOT NULL AS referenced,
       a.atttypid IN (SELECT j.oid FROM with_json AS j) AS holds_json,
       t.oid IN (SELECT castsource FROM json_casts) OR t.typelem IN (SELECT castsource FROM json_casts) AS json_cast,
       CASE t.typtype WHEN 'e' THEN ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid
                                          ORDER BY e.enumsortorder LIMIT 16) END AS labels,
       c.readable OR pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT') AS readable,
       t.oid < 16384 AS built_in,
       a.atttypid <> t.oid AS domain,
       NOT (a.attnotnull AND v.number IS NULL OR b.not_null) AS nullable,
       CASE WHEN a.attgenerated <> '' THEN ARRAY(
           SELECT DISTINCT s.attname::text
           FROM pg_catalog.pg_attrdef AS d
           JOIN pg_catalog.pg_depend AS e
                ON e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refobjid = d.adrelid
               AND (e.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND e.objid = d.oid
                    OR e.classid = e.refclassid AND e.objid = d.adrelid AND e.objsubid = d.adnum)
           JOIN pg_catalog.pg_attribute AS s ON s.attrelid = e.refobjid AND s.attnum = e.refobjsubid
           WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND e.refobjsubid > 0 AND e.refobjsubid <> a.attnum
       ) END AS made_of,
       CASE WHEN a.attinhcount > 0 THEN (
           SELECT pg_catalog.json_agg(pg_catalog.json_build_array(pn.nspname, p.relname))
           FROM lineage AS l
           JOIN pg_catalog.pg_attribute AS pa ON pa.attrelid = l.parent AND pa.attname = a.attname
           JOIN pg_catalog.pg_class AS p ON p.oid = l.parent
           JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
           WHERE l.oid = a.attrelid
       ) END AS parents,
       a.attcollation IN (SELECT co.oid FROM pg_catalog.pg_collation AS co WHERE NOT co.collisdeterministic) AS loose
FROM (SELECT c.oid, pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
        AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pgferry')
      OFFSET 0) AS c
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
JOIN bottom AS b ON b.oid = a.atttypid
JOIN pg_catalog.pg_type AS t ON t.oid = b.base
CROSS JOIN LATERAL (SELECT CASE WHEN a.atttypmod >= 0 THEN a.atttypmod ELSE b.modifier END AS modifier) AS m
LEFT JOIN key_columns AS u ON u.table_oid = a.attrelid AND u.number = a.attnum
LEFT JOIN never_null AS o ON o.table_oid = a.attrelid AND o.name = a.attname
LEFT JOIN targets AS r ON r.table_oid = a.attrelid AND r.number = a.attnum
LEFT JOIN unproved AS v ON v.table_oid = a.attrelid AND v.number = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
