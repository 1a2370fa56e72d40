-- Foreign-data wrappers and servers. Options whose name sounds like a secret are left out.
SELECT w.tableoid AS class, w.oid AS oid, 0 AS subid,
       'foreign_data_wrapper' AS kind, '' AS schema, w.fdwname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(w.fdwowner) AS owner,
       NULLIF(w.fdwhandler::pg_catalog.regproc::text, '-') AS handler,
       NULLIF(w.fdwvalidator::pg_catalog.regproc::text, '-') AS validator,
       NULL AS wrapper, NULL AS type, NULL AS version,
       (SELECT pg_catalog.array_agg(o ORDER BY o) FROM pg_catalog.unnest(w.fdwoptions) AS o
        WHERE o !~* '^[a-z_]*(passw|secret|token|key)[a-z_]*=') AS options
FROM pg_catalog.pg_foreign_data_wrapper AS w
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = w.tableoid AND e.objid = w.oid AND e.deptype = 'e')
UNION ALL
SELECT s.tableoid, s.oid, 0, 'server', '', s.srvname, '', pg_catalog.pg_get_userbyid(s.srvowner), NULL, NULL,
       w.fdwname, s.srvtype, s.srvversion,
       (SELECT pg_catalog.array_agg(o ORDER BY o) FROM pg_catalog.unnest(s.srvoptions) AS o
        WHERE o !~* '^[a-z_]*(passw|secret|token|key)[a-z_]*=')
FROM pg_catalog.pg_foreign_server AS s
JOIN pg_catalog.pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = s.tableoid AND e.objid = s.oid AND e.deptype = 'e')
ORDER BY 4, 6
