-- Every extension: its version and the schema it was put in. Its members are no facts of their own.
SELECT x.tableoid AS class, x.oid AS oid, 0 AS subid,
       'extension' AS kind, '' AS schema, x.extname AS name, '' AS sub,
       x.extversion AS version, n.nspname AS in_schema,
       CASE WHEN NOT x.extrelocatable THEN true END AS not_relocatable
FROM pg_catalog.pg_extension AS x
JOIN pg_catalog.pg_namespace AS n ON n.oid = x.extnamespace
ORDER BY x.extname
