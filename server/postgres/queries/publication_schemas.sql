-- The schemas of publications. `sub` is the schema.
-- since 15
SELECT r.tableoid AS class, r.oid AS oid, 0 AS subid,
       'publication_schema' AS kind, '' AS schema, p.pubname AS name, n.nspname AS sub
FROM pg_catalog.pg_publication_namespace AS r
JOIN pg_catalog.pg_publication AS p ON p.oid = r.pnpubid
JOIN pg_catalog.pg_namespace AS n ON n.oid = r.pnnspid
ORDER BY p.pubname, n.nspname
