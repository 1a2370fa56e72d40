-- User mappings: the names of their options, never the values. `sub` is the user.
SELECT 1418 AS class, m.umid AS oid, 0 AS subid,
       'user_mapping' AS kind, '' AS schema, m.srvname AS name,
       CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE m.usename END AS sub,
       (SELECT pg_catalog.array_agg(pg_catalog.split_part(o, '=', 1) ORDER BY o)
        FROM pg_catalog.unnest(m.umoptions) AS o) AS option_names
FROM pg_catalog.pg_user_mappings AS m
ORDER BY m.srvname, sub
