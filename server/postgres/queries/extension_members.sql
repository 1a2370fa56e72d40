-- Members of extensions whose privileges are not those that the extension gave them (pg_init_privs), as what is granted
-- beyond these and what of these is revoked. `sub` is what GRANT calls the kind, or a routine's types of arguments.
SELECT r.*
FROM (SELECT o.class::oid, o.oid, 0 AS subid, 'extension_member' AS kind, o.schema, o.name, o.sub,
             (SELECT x.extname::text FROM pg_catalog.pg_depend AS e JOIN pg_catalog.pg_extension AS x ON x.oid = e.refobjid
              WHERE e.classid = o.class AND e.objid = o.oid AND e.deptype = 'e') AS extension,
             (SELECT pg_catalog.array_agg(ARRAY[g.who, g.privilege_type, g.how] ORDER BY g.who, g.privilege_type, g.how) FROM
                 (SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' WHEN x.grantee = o.owner THEN '@owner'
                              ELSE pg_catalog.pg_get_userbyid(x.grantee)::text END AS who,
                         x.privilege_type, CASE WHEN x.is_grantable THEN 'grantable' ELSE '' END AS how
                  FROM pg_catalog.aclexplode(o.acl) AS x
                  WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(o.first) AS y
                                    WHERE y.grantee = x.grantee AND y.privilege_type = x.privilege_type
                                      AND (y.is_grantable OR NOT x.is_grantable))) AS g) AS grants,
             (SELECT pg_catalog.array_agg(ARRAY[g.who, g.privilege_type] ORDER BY g.who, g.privilege_type) FROM
                 (SELECT CASE WHEN y.grantee = 0 THEN 'PUBLIC' WHEN y.grantee = o.owner THEN '@owner'
                              ELSE pg_catalog.pg_get_userbyid(y.grantee)::text END AS who, y.privilege_type
                  FROM pg_catalog.aclexplode(o.first) AS y
                  WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(o.acl) AS x
                                    WHERE x.grantee = y.grantee AND x.privilege_type = y.privilege_type)) AS g) AS revoked
      FROM (
          SELECT m.class, m.oid, m.owner, m.schema, m.name, m.sub, COALESCE(m.acl, m.builtin) AS acl,
                 COALESCE((SELECT i.initprivs FROM pg_catalog.pg_init_privs AS i
                           WHERE i.classoid = m.class AND i.objoid = m.oid AND i.objsubid = 0), m.builtin) AS first
          FROM (
              SELECT c.tableoid AS class, c.oid, c.relowner AS owner, n.nspname::text AS schema, c.relname::text AS name,
                     CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS sub, c.relacl AS acl,
                     pg_catalog.acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner) AS builtin
              FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
              WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p', 'S')
              UNION ALL
              SELECT p.tableoid, p.oid, p.proowner, n.nspname::text, p.proname::text,
                     '(' || COALESCE((SELECT pg_catalog.string_agg(pg_catalog.format_type(t.type, NULL), ', ' ORDER BY t.at)
                                      FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY AS t (type, at)), '') || ')',
                     p.proacl, pg_catalog.acldefault('f', p.proowner)
              FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
              UNION ALL
              SELECT t.tableoid, t.oid, t.typowner, n.nspname::text, t.typname::text, 'TYPE',
                     t.typacl, pg_catalog.acldefault('T', t.typowner)
              FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
              UNION ALL
              SELECT n.tableoid, n.oid, n.nspowner, '', n.nspname::text, 'SCHEMA',
                     n.nspacl, pg_catalog.acldefault('n', n.nspowner)
              FROM pg_catalog.pg_namespace AS n
              UNION ALL
              SELECT l.tableoid, l.oid, l.lanowner, '', l.lanname::text, 'LANGUAGE',
                     l.lanacl, pg_catalog.acldefault('l', l.lanowner)
              FROM pg_catalog.pg_language AS l
              UNION ALL
              SELECT w.tableoid, w.oid, w.fdwowner, '', w.fdwname::text, 'FOREIGN DATA WRAPPER',
                     w.fdwacl, pg_catalog.acldefault('F', w.fdwowner)
              FROM pg_catalog.pg_foreign_data_wrapper AS w
          ) AS m
          WHERE EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                        WHERE e.classid = m.class AND e.objid = m.oid AND e.objsubid = 0 AND e.deptype = 'e')
            AND (m.acl IS NOT NULL OR EXISTS (SELECT FROM pg_catalog.pg_init_privs AS i
                                              WHERE i.classoid = m.class AND i.objoid = m.oid AND i.objsubid = 0))
      ) AS o
      WHERE o.acl <> o.first) AS r
WHERE r.grants IS NOT NULL OR r.revoked IS NOT NULL
ORDER BY 5, 6, 7
