-- Rewrite rules, except the one that makes a view a view.
SELECT r.tableoid AS class, r.oid AS oid, 0 AS subid,
       'rule' AS kind, n.nspname AS schema, c.relname AS name, r.rulename AS sub,
       pg_catalog.pg_get_ruledef(r.oid) AS definition,
       CASE r.ev_enabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END AS enabled
FROM pg_catalog.pg_rewrite AS r
JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT (r.rulename = '_RETURN' AND c.relkind IN ('v', 'm')) AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.deptype = 'e' AND ((e.classid = c.tableoid AND e.objid = c.oid)
                                             OR (e.classid = r.tableoid AND e.objid = r.oid)))
ORDER BY n.nspname, c.relname, r.rulename
