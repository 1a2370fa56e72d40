-- The rules of tables that concern whole rows, as redaction has to leave them: checks over several columns, partition keys
-- of several columns, generated columns, unique indexes over expressions, with conditions, over generated columns or where
-- NULLs are equal, exclusion constraints with the `operators` that exclude. `columns`: of the table, that a rule speaks
-- of. `parts`: a check's or a generated column's expression, or what an index has in order; NULL where that cannot be
-- tried: it calls functions or operators of users, or a generated column refers to rows or excludes them. What a partition
-- alone has is a rule about the rows that it takes. $1: the tables.
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
keyed (oid, columns, calls) AS (
    SELECT
        c.oid,
        pg_catalog.array_agg(DISTINCT a.attname::text),
        pg_catalog.bool_or(EXISTS (
            SELECT FROM called AS f WHERE f.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND f.objid = p.relid
        ))
    FROM pg_catalog.pg_class AS c
    CROSS JOIN LATERAL pg_catalog.pg_partition_tree(c.oid) AS p
    JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = p.relid AND d.objsubid > 0
        AND d.refclassid = d.classid AND d.refobjid = d.objid AND d.refobjsubid = 0 AND d.deptype = 'i'
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.objid AND a.attnum = d.objsubid
    WHERE c.oid = ANY ($1::oid[]) AND c.relkind = 'p'
    GROUP BY c.oid
),
partitions (oid, relid, isleaf, takes, columns, calls) AS (
    SELECT
        k.oid, p.relid::oid, p.isleaf,
        coalesce('(' || pg_catalog.pg_get_partition_constraintdef(p.relid) || ')', 'true'), k.columns, k.calls
    FROM keyed AS k CROSS JOIN LATERAL pg_catalog.pg_partition_tree(k.oid) AS p
    WHERE p.relid <> k.oid
),
indexes (oid, relid, index, takes, columns, calls) AS (
    SELECT x.indrelid, x.indrelid, x.indexrelid, NULL, '{}'::text[], false
    FROM pg_catalog.pg_index AS x
    WHERE x.indrelid = ANY ($1::oid[]) AND (x.indisunique OR x.indisexclusion)
    UNION ALL
    SELECT p.oid, p.relid, x.indexrelid, p.takes, p.columns, p.calls
    FROM partitions AS p JOIN pg_catalog.pg_index AS x ON x.indrelid = p.relid
    WHERE (x.indisunique OR x.indisexclusion)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = x.indexrelid)
),
indexed (oid, index, name) AS (
    SELECT n.oid, n.index, a.attname::text
    FROM indexes AS n
    JOIN pg_catalog.pg_index AS x ON x.indexrelid = n.index
    CROSS JOIN LATERAL pg_catalog.unnest(x.indkey::int2[]) AS k(number)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = n.relid AND a.attnum = k.number
    UNION
    SELECT n.oid, n.index, a.attname::text
    FROM indexes AS n
    JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = n.index
        AND d.refclassid = d.classid AND d.refobjid = n.relid AND d.refobjsubid > 0
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = n.relid AND a.attnum = d.refobjsubid
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
    p.oid::int8, k.conname::text, 'check',
    ARRAY(
        SELECT a.attname::text FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = p.relid AND a.attnum = ANY (k.conkey)
        UNION
        SELECT pg_catalog.unnest(p.columns)
    ),
    CASE
        WHEN NOT p.calls AND NOT EXISTS (
            SELECT FROM called AS c
            WHERE c.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND c.objid = k.oid
        ) THEN ARRAY[
            pg_catalog.format('(%s AND NOT (%s)) IS NOT TRUE', p.takes, pg_catalog.pg_get_expr(k.conbin, k.conrelid))
        ]
    END,
    NULL, false, NULL
FROM partitions AS p
JOIN pg_catalog.pg_constraint AS k ON k.conrelid = p.relid AND k.contype = 'c' AND k.coninhcount = 0
UNION ALL
SELECT
    k.oid::int8, 'of the partitions', 'check', k.columns,
    CASE
        WHEN NOT k.calls THEN ARRAY[(
            SELECT pg_catalog.string_agg(p.takes, ' OR ' ORDER BY p.relid)
            FROM partitions AS p WHERE p.oid = k.oid AND p.isleaf
        )]
    END,
    NULL, false, NULL
FROM keyed AS k
WHERE pg_catalog.cardinality(k.columns) > 1
UNION ALL
SELECT
    g.oid::int8, a.attname::text, 'generated', g.columns, ARRAY[g.expression],
    CASE WHEN g.not_null THEN 'not null' END, false, NULL
FROM generated AS g
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = g.oid AND a.attnum = g.attnum
UNION ALL
SELECT
    n.oid::int8,
    'of the index ' || i.relname,
    CASE WHEN x.indisexclusion THEN 'exclusion' ELSE 'unique' END,
    ARRAY(
        SELECT d.name FROM indexed AS d WHERE d.oid = n.oid AND d.index = n.index
        UNION
        SELECT pg_catalog.unnest(n.columns)
    ),
    CASE
        WHEN NOT n.calls AND NOT EXISTS (
            SELECT FROM called AS c
            WHERE c.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.objid = x.indexrelid
               OR c.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND c.objid = e.oid
        ) THEN ARRAY(
            SELECT pg_catalog.pg_get_indexdef(x.indexrelid, p.place, false)
            FROM pg_catalog.generate_series(1, x.indnkeyatts::int4) AS p(place) ORDER BY p.place
        )
    END,
    nullif(pg_catalog.concat_ws(' AND ', n.takes, '(' || pg_catalog.pg_get_expr(x.indpred, x.indrelid) || ')'), ''),
    w.equal,
    CASE WHEN x.indisexclusion THEN ARRAY(
        SELECT pg_catalog.format('OPERATOR(%I.%s)', s.nspname, o.oprname)
        FROM pg_catalog.unnest(e.conexclop) WITH ORDINALITY AS p (operator, place)
        JOIN pg_catalog.pg_operator AS o ON o.oid = p.operator
        JOIN pg_catalog.pg_namespace AS s ON s.oid = o.oprnamespace
        ORDER BY p.place
    ) END
FROM indexes AS n
JOIN pg_catalog.pg_index AS x ON x.indexrelid = n.index
LEFT JOIN pg_catalog.pg_constraint AS e ON x.indisexclusion AND e.conindid = x.indexrelid AND e.contype = 'x'
JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
CROSS JOIN LATERAL (
    SELECT coalesce((pg_catalog.to_jsonb(x) ->> 'indnullsnotdistinct')::boolean, false) AS equal
) AS w
WHERE x.indisexclusion OR x.indpred IS NOT NULL OR x.indexprs IS NOT NULL OR w.equal
   OR EXISTS (
       SELECT FROM generated AS g
       JOIN pg_catalog.pg_attribute AS a ON a.attrelid = g.oid AND a.attnum = g.attnum
       JOIN indexed AS d ON d.oid = g.oid AND d.name = a.attname
       WHERE d.index = n.index
   )
ORDER BY 1, 3, 2
