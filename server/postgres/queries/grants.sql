-- Privileges as what they add to and take from the built-in ones, so that a NULL ACL and one that spells the default out
-- are alike: grantee, privilege, 'grantable' or ''. The owner is written '@owner'. Those on columns: columns.sql.
SELECT o.class::oid, o.oid, o.subid::int,
       (SELECT pg_catalog.array_agg(ARRAY[g.who, g.privilege_type, g.how] ORDER BY g.who, g.privilege_type, g.how) FROM
           (SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' WHEN x.grantee = o.owner THEN '@owner'
                        ELSE pg_catalog.pg_get_userbyid(x.grantee)::text END AS who,
                   x.privilege_type, CASE WHEN x.is_grantable THEN 'grantable' ELSE '' END AS how
            FROM pg_catalog.aclexplode(o.acl) AS x
            WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(o.builtin) AS y
                              WHERE y.grantee = x.grantee AND y.privilege_type = x.privilege_type
                                AND (y.is_grantable OR NOT x.is_grantable))) AS g) AS grants,
       (SELECT pg_catalog.array_agg(ARRAY[g.who, g.privilege_type] ORDER BY g.who, g.privilege_type) FROM
           (SELECT CASE WHEN y.grantee = 0 THEN 'PUBLIC' ELSE '@owner' END AS who, y.privilege_type
            FROM pg_catalog.aclexplode(o.builtin) AS y
            WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(o.acl) AS x
                              WHERE x.grantee = y.grantee AND x.privilege_type = y.privilege_type)) AS g) AS revoked
FROM (
    SELECT n.tableoid AS class, n.oid AS oid, 0 AS subid, n.nspowner AS owner, n.nspacl AS acl,
           pg_catalog.acldefault('n', n.nspowner) AS builtin
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspacl IS NOT NULL
    UNION ALL
    SELECT c.tableoid AS class, c.oid AS oid, 0 AS subid, c.relowner AS owner, c.relacl AS acl,
           pg_catalog.acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner) AS builtin
    FROM pg_catalog.pg_class AS c
    WHERE c.relacl IS NOT NULL
    UNION ALL
    SELECT p.tableoid AS class, p.oid AS oid, 0 AS subid, p.proowner AS owner, p.proacl AS acl,
           pg_catalog.acldefault('f', p.proowner) AS builtin
    FROM pg_catalog.pg_proc AS p
    WHERE p.proacl IS NOT NULL
    UNION ALL
    SELECT t.tableoid AS class, t.oid AS oid, 0 AS subid, t.typowner AS owner, t.typacl AS acl,
           pg_catalog.acldefault('T', t.typowner) AS builtin
    FROM pg_catalog.pg_type AS t
    WHERE t.typacl IS NOT NULL
    UNION ALL
    SELECT l.tableoid AS class, l.oid AS oid, 0 AS subid, l.lanowner AS owner, l.lanacl AS acl,
           pg_catalog.acldefault('l', l.lanowner) AS builtin
    FROM pg_catalog.pg_language AS l
    WHERE l.lanacl IS NOT NULL
    UNION ALL
    SELECT w.tableoid AS class, w.oid AS oid, 0 AS subid, w.fdwowner AS owner, w.fdwacl AS acl,
           pg_catalog.acldefault('F', w.fdwowner) AS builtin
    FROM pg_catalog.pg_foreign_data_wrapper AS w
    WHERE w.fdwacl IS NOT NULL
    UNION ALL
    SELECT s.tableoid AS class, s.oid AS oid, 0 AS subid, s.srvowner AS owner, s.srvacl AS acl,
           pg_catalog.acldefault('S', s.srvowner) AS builtin
    FROM pg_catalog.pg_foreign_server AS s
    WHERE s.srvacl IS NOT NULL
) AS o
WHERE o.oid >= 16384 OR o.class = 2615
ORDER BY 1, 2, 3
