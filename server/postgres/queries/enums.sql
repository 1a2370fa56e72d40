-- Enum types with their labels in order.
SELECT t.tableoid AS class, t.oid AS oid, 0 AS subid,
       'enum' AS kind, n.nspname AS schema, t.typname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(t.typowner) AS owner,
       ARRAY(SELECT l.enumlabel::text FROM pg_catalog.pg_enum AS l WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder)
           AS labels
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE t.typtype = 'e' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = t.tableoid AND e.objid = t.oid AND e.deptype = 'e')
ORDER BY n.nspname, t.typname
