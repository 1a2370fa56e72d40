-- Encoding conversions.
SELECT c.tableoid AS class, c.oid AS oid, 0 AS subid,
       'conversion' AS kind, n.nspname AS schema, c.conname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(c.conowner) AS owner,
       pg_catalog.pg_encoding_to_char(c.conforencoding) AS for_encoding,
       pg_catalog.pg_encoding_to_char(c.contoencoding) AS to_encoding,
       c.conproc::text AS function,
       CASE WHEN c.condefault THEN true END AS is_default
FROM pg_catalog.pg_conversion AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = c.tableoid AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY n.nspname, c.conname
