-- Columns of tables and foreign tables, of views and materialised views, and attributes of composite types, in their
-- order: of the relations $1, or of all (NULL). NULL means the default. Columns that a server does not have yet are taken
-- from `absent` (an unqualified name is looked up in the inner FROM first, then in the outer one).
-- An identity that a partition shares with its parent (from 17 on) is a fact of the parent.
-- Before 15 all sequences are logged, those of unlogged tables too.
-- `pg_attver` in attoptions is the server's own note, different between equal databases. A default names no column: its
-- table need not be opened to print it.
SELECT 1259 AS class, a.attrelid AS oid, a.attnum AS subid,
       CASE WHEN c.relkind IN ('v', 'm') THEN 'view_column' WHEN c.relkind = 'c' THEN 'attribute' ELSE 'column' END
           AS kind,
       c.nspname AS schema, c.relname AS name, a.attname AS sub,
       a.attrelid AS _table,
       a.attnum::int AS position,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN a.attcollation <> t.typcollation THEN
           (SELECT pg_catalog.format('%I.%I', cn.nspname, co.collname)
            FROM pg_catalog.pg_collation AS co JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace
            WHERE co.oid = a.attcollation) END AS collation,
       CASE WHEN a.attnotnull THEN true END AS not_null,
       CASE WHEN nn.conname IS NOT NULL AND nn.conname <> c.relname || '_' || a.attname || '_not_null'
                 AND NOT (pg_catalog.octet_length(c.relname || '_' || a.attname) > 54
                          AND nn.conname LIKE '%\_not\_null')
            THEN nn.conname END AS not_null_name,
       nc.description AS not_null_comment,
       CASE WHEN nn.connoinherit THEN true END AS not_null_no_inherit,
       CASE WHEN NOT nn.convalidated THEN true END AS not_null_not_valid,
       CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, 0) END AS default,
       CASE WHEN a.attgenerated <> '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS generated,
       CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END AS generated_kind,
       CASE WHEN c.relispartition AND s.name IS NULL THEN NULL
            WHEN a.attidentity = 'a' THEN 'always'
            WHEN a.attidentity = 'd' THEN 'by default' END AS identity,
       s.name AS identity_sequence,
       s.options AS identity_options,
       s.rights AS sequence_rights,
       CASE WHEN a.attstorage <> t.typstorage THEN
           CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END
       END AS storage,
       CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
       CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::int END AS statistics,
       CASE WHEN a.attoptions IS NOT NULL THEN
           (SELECT pg_catalog.array_agg(o ORDER BY o) FROM pg_catalog.unnest(a.attoptions) AS o
            WHERE o NOT LIKE 'pg\_attver=%') END AS options,
       CASE WHEN a.attfdwoptions IS NOT NULL THEN
           (SELECT pg_catalog.array_agg(o ORDER BY o) FROM pg_catalog.unnest(a.attfdwoptions) AS o) END
           AS foreign_options,
       CASE WHEN NOT a.attislocal THEN true END AS inherited,
       CASE WHEN a.attacl IS NOT NULL THEN
           (SELECT pg_catalog.array_agg(ARRAY[g.who, g.privilege_type, g.how] ORDER BY g.who, g.privilege_type, g.how)
            FROM (SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' WHEN x.grantee = c.relowner THEN '@owner'
                              ELSE pg_catalog.pg_get_userbyid(x.grantee)::text END AS who,
                         x.privilege_type, CASE WHEN x.is_grantable THEN 'grantable' ELSE '' END AS how
                  FROM pg_catalog.aclexplode(a.attacl) AS x) AS g) END AS grants
FROM (SELECT r.oid, r.relname, r.relowner, r.relkind, r.relispartition, r.relpersistence, n.nspname
      FROM pg_catalog.pg_class AS r
      JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
      WHERE r.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND r.relpersistence <> 't'
        AND ($1::oid[] IS NULL OR r.oid = ANY ($1))
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                        WHERE e.refclassid = 3079 AND e.deptype = 'e' AND e.classid = 1259 AND e.objid = r.oid)
      OFFSET 0) AS c
CROSS JOIN (SELECT ''::"char" AS attcompression) AS absent
CROSS JOIN LATERAL
     (SELECT attrelid, attnum, attname, atttypid, atttypmod, attcollation, attnotnull, attgenerated, attidentity,
             attstorage, attcompression, attstattarget, atthasdef,
             attoptions, attfdwoptions, attislocal,
             attacl
      FROM pg_catalog.pg_attribute
      WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS a
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef AS d ON a.atthasdef AND d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN (SELECT oid, conrelid, conkey[1] AS attnum, conname, coninhcount, connoinherit, convalidated
           FROM pg_catalog.pg_constraint WHERE contype = 'n') AS nn
       ON a.attnotnull AND nn.conrelid = a.attrelid AND nn.attnum = a.attnum
LEFT JOIN (SELECT objoid, description FROM pg_catalog.pg_description WHERE classoid = 2606) AS nc
       ON nc.objoid = nn.oid
LEFT JOIN LATERAL
     (SELECT ARRAY[sn.nspname::text, sc.relname::text] AS name,
             ARRAY['START WITH ' || q.seqstart, 'INCREMENT BY ' || q.seqincrement, 'MINVALUE ' || q.seqmin,
                   'MAXVALUE ' || q.seqmax, 'CACHE ' || q.seqcache,
                   CASE WHEN q.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END]
             || CASE WHEN sc.relpersistence = 'u' AND c.relpersistence <> 'u' THEN ARRAY['UNLOGGED']
                     WHEN sc.relpersistence = 'p' AND c.relpersistence = 'u'
                          AND pg_catalog.current_setting('server_version_num')::int >= 150000 THEN ARRAY['LOGGED']
                     ELSE '{}'::text[] END AS options,
             CASE WHEN sc.relacl IS NOT NULL THEN
                 (SELECT pg_catalog.array_agg(ARRAY[g.who, g.privilege, g.how] ORDER BY g.who, g.privilege, g.how)
                  FROM (SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC'
                                    ELSE pg_catalog.pg_get_userbyid(x.grantee)::text END AS who,
                               x.privilege_type AS privilege,
                               CASE WHEN x.is_grantable THEN 'grantable' ELSE '' END AS how
                        FROM pg_catalog.aclexplode(sc.relacl) AS x WHERE x.grantee <> sc.relowner
                        UNION ALL
                        SELECT '@owner', y.privilege_type, 'revoked'
                        FROM pg_catalog.aclexplode(pg_catalog.acldefault('s', sc.relowner)) AS y
                        WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(sc.relacl) AS x
                                          WHERE x.grantee = y.grantee AND x.privilege_type = y.privilege_type)
                       ) AS g) END AS rights
      FROM pg_catalog.pg_depend AS sd
      JOIN pg_catalog.pg_sequence AS q ON q.seqrelid = sd.objid
      JOIN pg_catalog.pg_class AS sc ON sc.oid = sd.objid
      JOIN pg_catalog.pg_namespace AS sn ON sn.oid = sc.relnamespace
      WHERE a.attidentity <> '' AND sd.classid = 1259 AND sd.refclassid = 1259 AND sd.refobjid = a.attrelid
        AND sd.refobjsubid = a.attnum AND sd.deptype = 'i'
      OFFSET 0) AS s ON true
ORDER BY c.oid, a.attnum
