-- Procedural languages that no extension brought.
SELECT l.tableoid AS class, l.oid AS oid, 0 AS subid,
       'language' AS kind, '' AS schema, l.lanname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(l.lanowner) AS owner,
       CASE WHEN l.lanpltrusted THEN true END AS trusted,
       l.lanplcallfoid::pg_catalog.regproc::text AS handler,
       NULLIF(l.laninline::pg_catalog.regproc::text, '-') AS inline,
       NULLIF(l.lanvalidator::pg_catalog.regproc::text, '-') AS validator
FROM pg_catalog.pg_language AS l
WHERE l.oid >= 16384
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = l.tableoid AND e.objid = l.oid AND e.deptype = 'e')
ORDER BY l.lanname
