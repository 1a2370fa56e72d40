-- Tables, partitioned and foreign tables, views and materialised views. NULL means the default. Temporary ones are left out.
SELECT c.tableoid AS class, c.oid AS oid, 0 AS subid,
       CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view'
                      WHEN 'f' THEN 'foreign_table' ELSE 'table' END AS kind,
       n.nspname AS schema, c.relname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner,
       CASE c.relpersistence WHEN 'u' THEN true END AS unlogged,
       CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_key,
       CASE WHEN c.relispartition THEN ARRAY[h.parents[1][1], h.parents[1][2]] END AS partition_of,
       CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END AS partition_bound,
       CASE WHEN NOT c.relispartition THEN h.parents END AS inherits,
       CASE WHEN c.reloftype <> 0 THEN pg_catalog.format_type(c.reloftype, NULL) END AS of_type,
       CASE WHEN am.amname <> 'heap' OR c.relkind = 'p' THEN am.amname END AS access_method,
       CASE WHEN c.reloptions IS NOT NULL THEN
           (SELECT pg_catalog.array_agg(o ORDER BY o) FROM pg_catalog.unnest(c.reloptions) AS o) END AS options,
       CASE WHEN t.reloptions IS NOT NULL THEN
           (SELECT pg_catalog.array_agg(o ORDER BY o) FROM pg_catalog.unnest(t.reloptions) AS o) END AS toast_options,
       CASE WHEN c.relrowsecurity THEN true END AS row_security,
       CASE WHEN c.relforcerowsecurity THEN true END AS force_row_security,
       CASE WHEN c.relkind NOT IN ('r', 'p', 'm') THEN NULL
            WHEN c.relreplident = 'n' THEN 'NOTHING'
            WHEN c.relreplident = 'f' THEN 'FULL'
            WHEN c.relreplident = 'i' THEN
                (SELECT 'INDEX ' || pg_catalog.quote_ident(r.relname)
                 FROM pg_catalog.pg_index AS ri JOIN pg_catalog.pg_class AS r ON r.oid = ri.indexrelid
                 WHERE ri.indrelid = c.oid AND ri.indisreplident)
       END AS replica_identity,
       ts.spcname AS tablespace,
       CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN true END AS not_populated,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), ';') END AS definition,
       fs.srvname AS server,
       CASE WHEN f.ftoptions IS NOT NULL THEN
           (SELECT pg_catalog.array_agg(o ORDER BY o) FROM pg_catalog.unnest(f.ftoptions) AS o) END AS foreign_options
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN (SELECT i.inhrelid,
                  pg_catalog.array_agg(ARRAY[pn.nspname::text, p.relname::text] ORDER BY i.inhseqno) AS parents
           FROM pg_catalog.pg_inherits AS i
           JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
           JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
           GROUP BY i.inhrelid) AS h ON h.inhrelid = c.oid
LEFT JOIN pg_catalog.pg_class AS t ON t.oid = c.reltoastrelid
LEFT JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
LEFT JOIN pg_catalog.pg_tablespace AS ts ON ts.oid = c.reltablespace
LEFT JOIN pg_catalog.pg_foreign_table AS f ON f.ftrelid = c.oid
LEFT JOIN pg_catalog.pg_foreign_server AS fs ON fs.oid = f.ftserver
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.refclassid = 3079 AND e.deptype = 'e' AND e.classid = c.tableoid AND e.objid = c.oid)
ORDER BY n.nspname, c.relname
