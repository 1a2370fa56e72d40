-- What the server knows of functions that a query may call: those of given names, and those of given oids ($5).
-- $1 schemas, $2 names, $3 numbers of arguments (-1: any; -2: a row, written as t.name), equally long;
-- a schema that is NULL means: any of $4, or any at all where $4 is NULL.
-- since 14, else NULL: pg_catalog.pg_get_function_sqlbody(p.oid)
WITH wanted AS (
    SELECT w.schema, w.name, w.arguments
    FROM unnest($1::text[], $2::text[], $3::int[]) AS w (schema, name, arguments)
)
SELECT
    p.oid::bigint AS oid,
    n.nspname AS schema,
    p.proname AS name,
    p.provolatile AS volatility,
    l.lanname AS language,
    p.prosrc AS source,
    (
        SELECT e.extname
        FROM pg_catalog.pg_depend AS d
        JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
          AND d.objid = p.oid
          AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
          AND d.deptype = 'e'
    ) AS extension,
    (
        SELECT pg_catalog.string_to_array(pg_catalog.replace(pg_catalog.replace(
            pg_catalog.substr(c.setting, 13), '"', ''), ' ', ''), ',')
        FROM unnest(p.proconfig) AS c (setting)
        WHERE c.setting LIKE 'search\_path=%'
    ) AS search_path,
    CASE
        WHEN l.lanname = 'plpgsql' THEN pg_catalog.pg_get_functiondef(p.oid)
        WHEN l.lanname = 'sql' THEN coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)
    END AS body,
    pg_catalog.pg_get_expr(p.proargdefaults, 0) AS defaults,
    coalesce((
        SELECT array_agg(DISTINCT part.oid::pg_catalog.oid::bigint)
        FROM pg_catalog.pg_aggregate AS a
        CROSS JOIN LATERAL unnest(ARRAY[
            a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
            a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn
        ]) AS part (oid)
        WHERE a.aggfnoid = p.oid AND part.oid <> 0
    ), '{}') AS components,
    coalesce((
        SELECT array_agg(pg_catalog.split_part(c.setting, '=', 1)) FROM unnest(p.proconfig) AS c (setting)
    ), '{}') AS settings
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE p.oid = ANY ($5::bigint[]::pg_catalog.oid[])
   OR EXISTS (
       SELECT FROM wanted AS w
       WHERE w.name = p.proname
         AND (
             w.schema = n.nspname
             OR (w.schema IS NULL AND ($4::text[] IS NULL OR n.nspname = ANY ($4)))
         )
         AND CASE w.arguments
             WHEN -1 THEN true
             WHEN -2 THEN p.oid >= 16384
                  AND p.pronargs - p.pronargdefaults <= 1
                  AND EXISTS (
                      SELECT FROM pg_catalog.pg_type AS t
                      WHERE t.oid = p.proargtypes[0] AND t.typtype IN ('c', 'p')
                  )
             ELSE p.provariadic <> 0
                  OR w.arguments BETWEEN p.pronargs - p.pronargdefaults AND p.pronargs
         END
   )
ORDER BY p.oid
