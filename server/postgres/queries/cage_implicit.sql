-- What any query may run without naming it, where people made it (extensions and initdb left out): functions of casts,
-- support functions and operators of operator classes, functions of base types and ranges as oids, and the conditions of
-- domains as text.
WITH used (classid, objid, function) AS (
    SELECT 'pg_catalog.pg_cast'::pg_catalog.regclass, c.oid, c.castfunc::pg_catalog.oid
    FROM pg_catalog.pg_cast AS c
    WHERE c.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass, a.amprocfamily, a.amproc::pg_catalog.oid
    FROM pg_catalog.pg_amproc AS a
    WHERE a.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass, a.amopfamily, o.oprcode::pg_catalog.oid
    FROM pg_catalog.pg_amop AS a
    JOIN pg_catalog.pg_operator AS o ON o.oid = a.amopopr
    WHERE a.oid >= 16384 AND o.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, f.oid
    FROM (SELECT 0::pg_catalog.oid AS typsubscript) AS absent
    CROSS JOIN LATERAL (SELECT pg_type.*, typsubscript::pg_catalog.oid AS subscript
                        FROM pg_catalog.pg_type) AS t
    CROSS JOIN LATERAL unnest(ARRAY[
        t.typinput::pg_catalog.oid, t.typoutput::pg_catalog.oid, t.typmodin::pg_catalog.oid,
        t.typmodout::pg_catalog.oid, t.subscript
    ]) AS f (oid)
    WHERE t.oid >= 16384 AND t.typtype = 'b' AND f.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, r.rngtypid, f.oid
    FROM pg_catalog.pg_range AS r
    CROSS JOIN LATERAL unnest(ARRAY[r.rngsubdiff::pg_catalog.oid, r.rngcanonical::pg_catalog.oid]) AS f (oid)
    WHERE r.rngtypid >= 16384
),
extended (classid, objid) AS (
    SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d WHERE d.deptype = 'e'
)
SELECT DISTINCT u.function::bigint AS oid, NULL::text AS expression
FROM used AS u
WHERE u.function <> 0 AND (u.classid, u.objid) NOT IN (SELECT e.classid, e.objid FROM extended AS e)
UNION ALL
SELECT NULL, pg_catalog.pg_get_expr(c.conbin, 0)
FROM pg_catalog.pg_constraint AS c
WHERE c.contypid <> 0 AND c.oid >= 16384 AND c.conbin IS NOT NULL
  AND ('pg_catalog.pg_type'::pg_catalog.regclass, c.contypid) NOT IN (SELECT e.classid, e.objid FROM extended AS e)
