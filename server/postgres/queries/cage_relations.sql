-- What the server knows of relations that a query may read: those of given names.
-- $1 schemas and $2 names, equally long; a schema that is NULL means: any of $3, or any at all where $3 is NULL.
-- `definition`: of a view or materialised view. `expressions`: what reading rows evaluates (policies, columns computed
-- when read). `planned`: expressions whose constant parts the planner evaluates (of indexes, checks and statistics, also
-- of tables below it). `foreign_parts`: foreign tables below it. `columns`: names by number, a dropped one as NULL;
-- `sources`: number of a column, and schema, table, name and base type of itself and of each column that it refers to, is
-- computed or inherited from, over as many foreign keys, generated columns and parents as there are.
-- since 14, else NULL::text[]: pg_catalog.pg_get_statisticsobjdef_expressions(s.oid)
SELECT
    c.oid::bigint AS oid,
    n.nspname AS schema,
    c.relname AS name,
    c.relkind AS kind,
    CASE WHEN c.relkind IN ('v', 'm') AND c.oid >= 16384 THEN pg_catalog.pg_get_viewdef(c.oid) END AS definition,
    coalesce((
        SELECT array_agg(pg_catalog.pg_get_expr(p.polqual, p.polrelid))
        FROM pg_catalog.pg_policy AS p
        WHERE p.polrelid = c.oid AND p.polqual IS NOT NULL AND c.relrowsecurity
    ), '{}') || coalesce((
        SELECT array_agg(pg_catalog.pg_get_expr(d.adbin, d.adrelid))
        FROM pg_catalog.pg_attrdef AS d
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        WHERE d.adrelid = c.oid AND a.attgenerated = 'v'
    ), '{}') AS expressions,
    coalesce((
        SELECT array_agg(DISTINCT e.expression)
        FROM unnest(family.oids) AS b (oid)
        CROSS JOIN LATERAL (
            SELECT pg_catalog.pg_get_expr(i.indpred, i.indrelid)
            FROM pg_catalog.pg_index AS i
            WHERE i.indrelid = b.oid AND i.indpred IS NOT NULL
            UNION ALL
            SELECT pg_catalog.pg_get_expr(i.indexprs, i.indrelid)
            FROM pg_catalog.pg_index AS i
            WHERE i.indrelid = b.oid AND i.indexprs IS NOT NULL
            UNION ALL
            SELECT pg_catalog.pg_get_expr(k.conbin, k.conrelid)
            FROM pg_catalog.pg_constraint AS k
            WHERE k.conrelid = b.oid AND k.contype = 'c'
            UNION ALL
            SELECT unnest(pg_catalog.pg_get_statisticsobjdef_expressions(s.oid))
            FROM pg_catalog.pg_statistic_ext AS s
            WHERE s.stxrelid = b.oid
        ) AS e (expression)
        WHERE c.oid >= 16384
    ), '{}') AS planned,
    coalesce((
        SELECT array_agg(f.relname::text)
        FROM pg_catalog.pg_class AS f
        WHERE f.oid = ANY (family.oids) AND f.relkind = 'f' AND f.oid <> c.oid
    ), '{}') AS foreign_parts,
    (
        SELECT array_agg(CASE WHEN a.attisdropped THEN NULL ELSE a.attname::text END ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0
    ) AS columns,
    (
        WITH RECURSIVE up (number, relid, target) AS (
            SELECT a.attnum, a.attrelid, a.attnum::int
            FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            UNION
            SELECT up.number, h.relid, h.target
            FROM up
            CROSS JOIN LATERAL (
                SELECT k.own, f.confrelid, k.target
                FROM pg_catalog.pg_constraint AS f
                CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(f.conkey), pg_catalog.unnest(f.confkey)) AS k (own, target)
                WHERE f.contype = 'f' AND f.conrelid = up.relid
                UNION ALL
                SELECT a.attnum, a.attrelid, e.refobjsubid
                FROM pg_catalog.pg_attribute AS a
                JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                JOIN pg_catalog.pg_depend AS e
                    ON e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refobjid = a.attrelid
                    AND e.refobjsubid > 0 AND (
                        (e.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND e.objid = d.oid)
                        OR (e.classid = e.refclassid AND e.objid = a.attrelid AND e.objsubid = a.attnum)
                    )
                WHERE a.attgenerated <> '' AND a.attrelid = up.relid
                UNION ALL
                SELECT a.attnum, i.inhparent, p.attnum
                FROM pg_catalog.pg_inherits AS i
                JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.inhrelid AND a.attinhcount > 0
                JOIN pg_catalog.pg_attribute AS p ON p.attrelid = i.inhparent AND p.attname = a.attname
                WHERE i.inhrelid = up.relid
            ) AS h (own, relid, target)
            WHERE h.own = up.target
        )
        SELECT coalesce(
            pg_catalog.json_agg(
                pg_catalog.json_build_array(up.number, pn.nspname, p.relname, a.attname, coalesce(b.typname, t.typname))
            ),
            '[]'
        )
        FROM up
        JOIN pg_catalog.pg_class AS p ON p.oid = up.relid
        JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = up.relid AND a.attnum = up.target
        JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
        LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
    ) AS sources
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    WITH RECURSIVE below (oid) AS (
        SELECT c.oid
        UNION
        SELECT i.inhrelid FROM below AS b JOIN pg_catalog.pg_inherits AS i ON i.inhparent = b.oid
    )
    SELECT array_agg(b.oid) AS oids FROM below AS b
) AS family
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 't')
  AND EXISTS (
      SELECT FROM unnest($1::text[], $2::text[]) AS w (schema, name)
      WHERE w.name = c.relname
        AND (w.schema = n.nspname OR (w.schema IS NULL AND ($3::text[] IS NULL OR n.nspname = ANY ($3))))
  )
ORDER BY coalesce(pg_catalog.array_position($3::text[], n.nspname::text), 0), c.oid
