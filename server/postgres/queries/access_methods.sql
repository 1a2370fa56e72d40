-- Access methods that no extension brought.
SELECT a.tableoid AS class, a.oid AS oid, 0 AS subid,
       'access_method' AS kind, '' AS schema, a.amname AS name, '' AS sub,
       CASE a.amtype WHEN 't' THEN 'TABLE' ELSE 'INDEX' END AS type,
       a.amhandler::text AS handler
FROM pg_catalog.pg_am AS a
WHERE a.oid >= 16384
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = a.tableoid AND e.objid = a.oid AND e.deptype = 'e')
ORDER BY a.amname
