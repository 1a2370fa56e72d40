-- Event triggers.
SELECT t.tableoid AS class, t.oid AS oid, 0 AS subid,
       'event_trigger' AS kind, '' AS schema, t.evtname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(t.evtowner) AS owner,
       t.evtevent AS event,
       (SELECT pg_catalog.array_agg(x ORDER BY x) FROM pg_catalog.unnest(t.evttags) AS x) AS tags,
       t.evtfoid::pg_catalog.regproc::text AS function,
       CASE t.evtenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END AS enabled
FROM pg_catalog.pg_event_trigger AS t
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = t.tableoid AND e.objid = t.oid AND e.deptype = 'e')
ORDER BY t.evtname
