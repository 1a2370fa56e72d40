-- The rules of tables that concern whole rows, as redaction has to leave them: checks over several columns, partition keys
-- of several columns, generated columns, unique indexes over expressions, with conditions, over generated columns or where
-- NULLs are equal, exclusion constraints with the `operators` that exclude. `columns`: of the table, that a rule speaks
-- of. `parts`: a check's or a generated column's expression, or what an index has in order; NULL where that cannot be
-- tried: it calls functions or operators of users, or a generated column refers to rows or excludes them. $1: the tables.
WITH called (classid, objid) AS (
    SELECT DISTINCT d.classid, d.objid
    FROM pg_catalog.pg_depend AS d
    WHERE d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
      AND d.classid IN (
          'pg_catalog.pg_constraint'::pg_catalog.regclass, 'pg_catalog.pg_attrdef'::pg_catalog.regclass,
          'pg_catalog.pg_class'::pg_catalog.regclass
      )
),
generated (oid, attnum, columns, expression, not_null) AS (
    SELECT
        a.attrelid, a.attnum,
        pg_catalog.array_agg(DISTINCT s.attname::text),
        CASE
            WHEN EXISTS (
                SELECT FROM called AS c
                WHERE c.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND c.objid = d.oid
            ) OR EXISTS (
                SELECT FROM pg_catalog.pg_constraint AS k
                WHERE k.conrelid = a.attrelid AND a.attnum = ANY (k.conkey) AND k.contype IN ('x', 'f')
            ) THEN NULL
            ELSE pg_catalog.pg_get_expr(d.adbin, d.adrelid)
        END,
        a.attnotnull
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    JOIN pg_catalog.pg_depend AS e
        ON e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refobjid = a.attrelid AND e.refobjsubid > 0
        AND (
            (e.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND e.objid = d.oid AND e.refobjsubid <> a.attnum)
            OR (e.classid = e.refclassid AND e.objid = a.attrelid AND e.objsubid = a.attnum)
        )
    JOIN pg_catalog.pg_attribute AS s ON s.attrelid = a.attrelid AND s.attnum = e.refobjsubid
    WHERE a.attrelid = ANY ($1::oid[]) AND a.attgenerated <> ''
    GROUP BY a.attrelid, a.attnum, a.attnotnull, d.oid, d.adbin, d.adrelid
),
indexed (oid, index, attnum) AS (
    SELECT x.indrelid, x.indexrelid, n.number
    FROM pg_catalog.pg_index AS x CROSS JOIN LATERAL pg_catalog.unnest(x.indkey::int2[]) AS n(number)
    WHERE x.indrelid = ANY ($1::oid[]) AND (x.indisunique OR x.indisexclusion) AND n.number > 0
    UNION
    SELECT x.indrelid, x.indexrelid, d.refobjsubid
    FROM pg_catalog.pg_index AS x
    JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = x.indexrelid
        AND d.refclassid = d.classid AND d.refobjid = x.indrelid AND d.refobjsubid > 0
    WHERE x.indrelid = ANY ($1::oid[]) AND (x.indisunique OR x.indisexclusion)
)
SELECT
    k.conrelid::int8 AS oid,
    k.conname::text AS name,
    'check' AS kind,
    ARRAY(
        SELECT a.attname::text FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) ORDER BY a.attnum
    ) AS columns,
    CASE
        WHEN NOT EXISTS (
            SELECT FROM called AS c
            WHERE c.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND c.objid = k.oid
        ) THEN ARRAY[pg_catalog.pg_get_expr(k.conbin, k.conrelid)]
    END AS parts,
    NULL AS condition,
    false AS nulls_equal,
    NULL::text[] AS operators
FROM pg_catalog.pg_constraint AS k
WHERE k.conrelid = ANY ($1::oid[]) AND k.contype = 'c'
  AND (
      pg_catalog.cardinality(k.conkey) > 1
      OR EXISTS (SELECT FROM generated AS g WHERE g.oid = k.conrelid AND g.attnum = ANY (k.conkey))
  )
UNION ALL
SELECT
    k.oid::int8, 'of the partitions', 'check', k.columns,
    CASE
        WHEN NOT EXISTS (
            SELECT FROM pg_catalog.pg_partition_tree(k.oid) AS p
            JOIN called AS c ON c.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.objid = p.relid
        ) THEN ARRAY[(
            SELECT pg_catalog.string_agg(
                coalesce('(' || pg_catalog.pg_get_partition_constraintdef(p.relid) || ')', 'true'), ' OR '
                ORDER BY p.relid::oid
            )
            FROM pg_catalog.pg_partition_tree(k.oid) AS p WHERE p.isleaf
        )]
    END,
    NULL, false, NULL
FROM (
    SELECT c.oid, pg_catalog.array_agg(DISTINCT a.attname::text) AS columns
    FROM pg_catalog.pg_class AS c
    CROSS JOIN LATERAL pg_catalog.pg_partition_tree(c.oid) AS p
    JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = p.relid AND d.objsubid > 0
        AND d.refclassid = d.classid AND d.refobjid = d.objid AND d.refobjsubid = 0 AND d.deptype = 'i'
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.objid AND a.attnum = d.objsubid
    WHERE c.oid = ANY ($1::oid[]) AND c.relkind = 'p' AND NOT p.isleaf
    GROUP BY c.oid
    HAVING pg_catalog.count(DISTINCT a.attname) > 1
) AS k
UNION ALL
SELECT
    g.oid::int8, a.attname::text, 'generated', g.columns, ARRAY[g.expression],
    CASE WHEN g.not_null THEN 'not null' END, false, NULL
FROM generated AS g
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = g.oid AND a.attnum = g.attnum
UNION ALL
SELECT
    x.indrelid::int8,
    'of the index ' || i.relname,
    CASE WHEN x.indisexclusion THEN 'exclusion' ELSE 'unique' END,
    ARRAY(
        SELECT a.attname::text
        FROM indexed AS n JOIN pg_catalog.pg_attribute AS a ON a.attrelid = n.oid AND a.attnum = n.attnum
        WHERE n.index = x.indexrelid ORDER BY a.attnum
    ),
    CASE
        WHEN NOT EXISTS (
            SELECT FROM called AS c
            WHERE c.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.objid = x.indexrelid
               OR c.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND c.objid = e.oid
        ) THEN ARRAY(
            SELECT pg_catalog.pg_get_indexdef(x.indexrelid, p.place, false)
            FROM pg_catalog.generate_series(1, x.indnkeyatts::int4) AS p(place) ORDER BY p.place
        )
    END,
    pg_catalog.pg_get_expr(x.indpred, x.indrelid),
    w.equal,
    CASE WHEN x.indisexclusion THEN ARRAY(
        SELECT pg_catalog.format('OPERATOR(%I.%s)', s.nspname, o.oprname)
        FROM pg_catalog.unnest(e.conexclop) WITH ORDINALITY AS p (operator, place)
        JOIN pg_catalog.pg_operator AS o ON o.oid = p.operator
        JOIN pg_catalog.pg_namespace AS s ON s.oid = o.oprnamespace
        ORDER BY p.place
    ) END
FROM pg_catalog.pg_index AS x
LEFT JOIN pg_catalog.pg_constraint AS e ON x.indisexclusion AND e.conindid = x.indexrelid AND e.contype = 'x'
JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
CROSS JOIN LATERAL (
    SELECT coalesce((pg_catalog.to_jsonb(x) ->> 'indnullsnotdistinct')::boolean, false) AS equal
) AS w
WHERE x.indrelid = ANY ($1::oid[]) AND (x.indisunique OR x.indisexclusion)
  AND (
      x.indisexclusion OR x.indpred IS NOT NULL OR x.indexprs IS NOT NULL OR w.equal
      OR EXISTS (
          SELECT FROM generated AS g JOIN indexed AS n ON n.oid = g.oid AND n.attnum = g.attnum
          WHERE n.index = x.indexrelid
      )
  )
ORDER BY 1, 3, 2
