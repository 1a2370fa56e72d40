-- Domains; their checks are facts of their own.
SELECT t.tableoid AS class, t.oid AS oid, 0 AS subid,
       'domain' AS kind, n.nspname AS schema, t.typname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(t.typowner) AS owner,
       pg_catalog.format_type(t.typbasetype, t.typtypmod) AS type,
       CASE WHEN t.typcollation <> b.typcollation THEN
           (SELECT pg_catalog.format('%I.%I', cn.nspname, co.collname)
            FROM pg_catalog.pg_collation AS co JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace
            WHERE co.oid = t.typcollation) END AS collation,
       CASE WHEN t.typnotnull THEN true END AS not_null,
       CASE WHEN nn.conname <> t.typname || '_not_null' THEN nn.conname END AS not_null_name,
       nc.description AS not_null_comment,
       COALESCE(pg_catalog.pg_get_expr(t.typdefaultbin, 0), t.typdefault) AS default
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_constraint AS nn ON nn.contypid = t.oid AND nn.contype = 'n'
LEFT JOIN pg_catalog.pg_description AS nc ON nc.classoid = 2606 AND nc.objoid = nn.oid
WHERE t.typtype = 'd' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = t.tableoid AND e.objid = t.oid AND e.deptype = 'e')
ORDER BY n.nspname, t.typname
