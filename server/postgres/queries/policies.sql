-- Row-level security policies, by part: of the tables $1, or of all (NULL). Roles are a set.
SELECT p.tableoid AS class, p.oid AS oid, 0 AS subid,
       'policy' AS kind, n.nspname AS schema, c.relname AS name, p.polname AS sub,
       c.oid AS _table,
       CASE WHEN NOT p.polpermissive THEN true END AS restrictive,
       CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
                     ELSE 'ALL' END AS command,
       (SELECT pg_catalog.array_agg(CASE WHEN r = 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(r)::text END
                                    ORDER BY CASE WHEN r = 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(r)::text END)
        FROM pg_catalog.unnest(p.polroles) AS r) AS roles,
       pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS using,
       pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS with_check
FROM pg_catalog.pg_policy AS p
JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND ($1::oid[] IS NULL OR c.oid = ANY ($1))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.refclassid = 3079 AND e.deptype = 'e' AND e.classid = c.tableoid AND e.objid = c.oid)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.refclassid = 3079 AND e.deptype = 'e' AND e.classid = p.tableoid AND e.objid = p.oid)
ORDER BY n.nspname, c.relname, p.polname
