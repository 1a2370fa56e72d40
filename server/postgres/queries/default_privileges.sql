-- Default privileges as what they add to and take from the built-in ones: grantee, privilege, 'grantable' or ''.
-- `name` is the role whose objects they are for ('@owner': whoever owns them is written so), `sub` the type of object.
SELECT d.tableoid AS class, d.oid AS oid, 0 AS subid,
       'default_privileges' AS kind, COALESCE(n.nspname, '') AS schema,
       pg_catalog.pg_get_userbyid(d.defaclrole) AS name,
       CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES'
                            WHEN 'n' THEN 'SCHEMAS' WHEN 'L' THEN 'LARGE OBJECTS' END AS sub,
       (SELECT pg_catalog.array_agg(ARRAY[g.who, g.privilege_type, g.how] ORDER BY g.who, g.privilege_type, g.how) FROM
           (SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' WHEN x.grantee = d.defaclrole THEN '@owner'
                        ELSE pg_catalog.pg_get_userbyid(x.grantee)::text END AS who,
                   x.privilege_type, CASE WHEN x.is_grantable THEN 'grantable' ELSE '' END AS how
            FROM pg_catalog.aclexplode(d.defaclacl) AS x
            WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(b.acl) AS y
                              WHERE y.grantee = x.grantee AND y.privilege_type = x.privilege_type
                                AND y.is_grantable = x.is_grantable)) AS g) AS grants,
       (SELECT pg_catalog.array_agg(ARRAY[g.who, g.privilege_type] ORDER BY g.who, g.privilege_type) FROM
           (SELECT CASE WHEN y.grantee = 0 THEN 'PUBLIC' WHEN y.grantee = d.defaclrole THEN '@owner'
                        ELSE pg_catalog.pg_get_userbyid(y.grantee)::text END AS who, y.privilege_type
            FROM pg_catalog.aclexplode(b.acl) AS y
            WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(d.defaclacl) AS x
                              WHERE x.grantee = y.grantee AND x.privilege_type = y.privilege_type)) AS g) AS revoked
FROM pg_catalog.pg_default_acl AS d
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = d.defaclnamespace
CROSS JOIN LATERAL
     (SELECT CASE WHEN d.defaclnamespace = 0 THEN
                 pg_catalog.acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's'::"char" ELSE d.defaclobjtype END, d.defaclrole)
             END AS acl) AS b
ORDER BY schema, name, sub
