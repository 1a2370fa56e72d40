-- The checks of domains.
SELECT con.tableoid AS class, con.oid AS oid, 0 AS subid,
       'domain_constraint' AS kind, n.nspname AS schema, t.typname AS name, con.conname AS sub,
       pg_catalog.pg_get_constraintdef(con.oid) AS definition,
       CASE WHEN NOT con.convalidated THEN true END AS not_valid
FROM pg_catalog.pg_constraint AS con
JOIN pg_catalog.pg_type AS t ON t.oid = con.contypid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE con.contype = 'c' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = t.tableoid AND e.objid = t.oid AND e.deptype = 'e')
ORDER BY n.nspname, t.typname, con.conname
