-- Rewrite rules, except the one that makes a view a view: of the relations $1, or of all (NULL).
SELECT r.tableoid AS class, r.oid AS oid, 0 AS subid,
       'rule' AS kind, n.nspname AS schema, c.relname AS name, r.rulename AS sub,
       c.oid AS _table,
       pg_catalog.pg_get_ruledef(r.oid) AS definition,
       CASE r.ev_enabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END AS enabled
FROM pg_catalog.pg_rewrite AS r
JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT (r.rulename = '_RETURN' AND c.relkind IN ('v', 'm')) AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND ($1::oid[] IS NULL OR c.oid = ANY ($1))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.refclassid = 3079 AND e.deptype = 'e' AND e.classid = c.tableoid AND e.objid = c.oid)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.refclassid = 3079 AND e.deptype = 'e' AND e.classid = r.tableoid AND e.objid = r.oid)
ORDER BY n.nspname, c.relname, r.rulename
