-- Triggers, without the server's own (foreign keys) and without the copies on partitions that are just as enabled as
-- their model: of the tables $1, or of all (NULL).
SELECT g.tableoid AS class, g.oid AS oid, 0 AS subid,
       'trigger' AS kind, n.nspname AS schema, c.relname AS name, g.tgname AS sub,
       c.oid AS _table,
       pg_catalog.pg_get_triggerdef(g.oid) AS definition,
       CASE g.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END AS enabled,
       ARRAY[pn.nspname::text, p.proname::text] AS function,
       CASE WHEN g.tgconstraint <> 0 THEN true END AS constraint,
       CASE WHEN g.parent <> 0 THEN true END AS inherited
FROM (SELECT 0::oid AS tgparentid) AS absent
CROSS JOIN LATERAL
     (SELECT tableoid, oid, tgname, tgrelid, tgenabled, tgfoid, tgconstraint, tgparentid AS parent
      FROM pg_catalog.pg_trigger WHERE NOT tgisinternal) AS g
JOIN pg_catalog.pg_class AS c ON c.oid = g.tgrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_proc AS p ON p.oid = g.tgfoid
JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.pronamespace
LEFT JOIN pg_catalog.pg_trigger AS model ON model.oid = g.parent
WHERE c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND (model.oid IS NULL OR model.tgenabled <> g.tgenabled)
  AND ($1::oid[] IS NULL OR c.oid = ANY ($1))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.refclassid = 3079 AND e.deptype = 'e' AND e.classid = c.tableoid AND e.objid = c.oid)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.refclassid = 3079 AND e.deptype = 'e' AND e.classid = g.tableoid AND e.objid = g.oid)
ORDER BY n.nspname, c.relname, g.tgname
