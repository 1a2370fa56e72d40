-- Functions and procedures: the whole statement, and its parts (`body` not for BEGIN ATOMIC). `sub` is the types of the
-- arguments that name it, `signature` the same with their names and modes.
SELECT p.tableoid AS class, p.oid AS oid, 0 AS subid,
       CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind,
       n.nspname AS schema, p.proname AS name,
       '(' || (SELECT COALESCE(pg_catalog.string_agg(pg_catalog.format_type(a.t, NULL), ', ' ORDER BY a.n), '')
               FROM pg_catalog.unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a(t, n)) || ')' AS sub,
       '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' AS signature,
       pg_catalog.pg_get_userbyid(p.proowner) AS owner,
       pg_catalog.pg_get_functiondef(p.oid) AS definition,
       pg_catalog.pg_get_function_arguments(p.oid) AS arguments,
       pg_catalog.pg_get_function_result(p.oid) AS returns,
       l.lanname AS language,
       CASE WHEN p.prokind = 'w' THEN true END AS window,
       CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' END AS volatility,
       CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END AS parallel,
       CASE WHEN p.proisstrict THEN true END AS strict,
       CASE WHEN p.prosecdef THEN true END AS security_definer,
       CASE WHEN p.proleakproof THEN true END AS leakproof,
       CASE WHEN p.procost <> CASE WHEN l.lanname IN ('c', 'internal') THEN 1 ELSE 100 END THEN p.procost::text END
           AS cost,
       CASE WHEN p.prorows NOT IN (0, 1000) THEN p.prorows::text END AS rows,
       CASE WHEN p.prosupport::oid <> 0 THEN p.prosupport::text END AS support,
       CASE WHEN p.proconfig IS NOT NULL THEN
           (SELECT pg_catalog.array_agg(o ORDER BY o) FROM pg_catalog.unnest(p.proconfig) AS o) END AS settings,
       CASE WHEN p.atomic IS NULL THEN p.prosrc END AS body,
       p.atomic AS atomic
FROM (SELECT NULL::text AS prosqlbody) AS absent
CROSS JOIN LATERAL
     (SELECT pg_proc.tableoid, pg_proc.oid, proname, pronamespace, proowner, prolang, prokind, provolatile, proparallel,
             proisstrict, prosecdef, proleakproof, procost, prorows, prosupport, proconfig, proargtypes, prosrc,
             CASE WHEN prosqlbody IS NOT NULL THEN true END AS atomic
      FROM pg_catalog.pg_proc) AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE p.prokind IN ('f', 'p', 'w') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = p.tableoid AND e.objid = p.oid AND e.deptype IN ('e', 'i'))
ORDER BY n.nspname, p.proname, sub
