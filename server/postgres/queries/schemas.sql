-- Every schema that is the user's own (also those an extension made for itself are left out).
SELECT n.tableoid AS class, n.oid AS oid, 0 AS subid,
       'schema' AS kind, '' AS schema, n.nspname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(n.nspowner) AS owner
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = n.tableoid AND e.objid = n.oid AND e.deptype = 'e')
ORDER BY n.nspname
