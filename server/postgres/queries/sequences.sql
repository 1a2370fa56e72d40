-- Sequences, without their positions and without those of identity columns (these are facts of the column).
SELECT c.tableoid AS class, c.oid AS oid, 0 AS subid,
       'sequence' AS kind, n.nspname AS schema, c.relname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner,
       pg_catalog.format_type(s.seqtypid, NULL) AS type,
       s.seqstart AS start, s.seqincrement AS increment, s.seqmin AS min_value, s.seqmax AS max_value,
       s.seqcache AS cache, CASE WHEN s.seqcycle THEN true END AS cycle,
       CASE c.relpersistence WHEN 'u' THEN true END AS unlogged,
       CASE WHEN o.refobjid IS NOT NULL THEN ARRAY[tn.nspname::text, t.relname::text, a.attname::text] END AS owned_by
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = c.oid
LEFT JOIN pg_catalog.pg_depend AS o
       ON o.classid = c.tableoid AND o.objid = c.oid AND o.objsubid = 0
      AND o.refclassid = c.tableoid AND o.refobjsubid <> 0 AND o.deptype IN ('a', 'i')
LEFT JOIN pg_catalog.pg_class AS t ON t.oid = o.refobjid
LEFT JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND o.deptype IS DISTINCT FROM 'i'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.refclassid = 3079 AND e.deptype = 'e' AND e.classid = c.tableoid AND e.objid = c.oid)
ORDER BY n.nspname, c.relname
