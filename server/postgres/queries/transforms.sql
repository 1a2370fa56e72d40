-- Transforms between types and procedural languages.
SELECT t.tableoid AS class, t.oid AS oid, 0 AS subid,
       'transform' AS kind, '' AS schema, pg_catalog.format_type(t.trftype, NULL) AS name, l.lanname AS sub,
       CASE WHEN t.trffromsql::oid <> 0 THEN t.trffromsql::oid::pg_catalog.regprocedure::text END AS from_sql,
       CASE WHEN t.trftosql::oid <> 0 THEN t.trftosql::oid::pg_catalog.regprocedure::text END AS to_sql
FROM pg_catalog.pg_transform AS t
JOIN pg_catalog.pg_language AS l ON l.oid = t.trflang
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = t.tableoid AND e.objid = t.oid AND e.deptype = 'e')
ORDER BY name, sub
