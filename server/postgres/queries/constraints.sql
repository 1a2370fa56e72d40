-- Primary, unique, foreign, check and exclusion constraints of the tables $1 (NULL: of all), with their parts.
-- `_index` is the index behind a key, which is no fact of its own: `index_definition` is what it has beyond the
-- constraint's own definition. The server prints only what is not plain: printing is most of what reading costs.
-- Left out: NOT NULL (a fact of the column), constraint triggers (triggers), the copies of a foreign key on partitions.
SELECT con.tableoid AS class, con.oid AS oid, 0 AS subid,
       'constraint' AS kind, n.nspname AS schema, c.relname AS name, con.conname AS sub,
       con.conrelid AS _table, CASE WHEN con.contype <> 'f' THEN con.conindid END AS _index,
       CASE con.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key'
                        WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' END AS type,
       told.definition,
       CASE WHEN pg_catalog.cardinality(con.conkey) = 1 THEN ARRAY[k.attname::text]
            WHEN con.conkey IS NOT NULL THEN
                ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(con.conkey) WITH ORDINALITY AS u (number, place)
                      LEFT JOIN pg_catalog.pg_attribute AS a
                             ON a.attrelid = con.conrelid AND a.attnum = u.number AND a.attnum > 0
                      ORDER BY u.place) END AS columns,
       CASE WHEN con.contype = 'c' THEN
           pg_catalog.substring(told.definition,
                                '^CHECK \((.*)\)(?: NO INHERIT)?(?: NOT VALID)?(?: NOT ENFORCED)?$') END AS expression,
       CASE WHEN con.contype = 'f' THEN ARRAY[rn.nspname::text, r.relname::text] END AS "references",
       CASE WHEN pg_catalog.cardinality(con.confkey) = 1 THEN ARRAY[f.attname::text]
            WHEN con.confkey IS NOT NULL THEN
                ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(con.confkey) WITH ORDINALITY AS u (number, place)
                      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = con.confrelid AND a.attnum = u.number
                      ORDER BY u.place) END AS referenced_columns,
       con.on_update,
       con.on_delete,
       CASE WHEN con.contype = 'f' AND con.set_columns IS NOT NULL THEN
           ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(con.set_columns) WITH ORDINALITY AS u (number, place)
                 JOIN pg_catalog.pg_attribute AS a ON a.attrelid = con.conrelid AND a.attnum = u.number
                 ORDER BY u.place) END AS on_delete_columns,
       CASE WHEN con.contype = 'f' AND con.confmatchtype = 'f' THEN 'FULL' END AS match,
       CASE WHEN con.condeferrable THEN true END AS deferrable,
       CASE WHEN con.condeferred THEN true END AS initially_deferred,
       CASE WHEN NOT con.convalidated AND con.enforced THEN true END AS not_valid,
       CASE WHEN NOT con.enforced THEN true END AS not_enforced,
       CASE WHEN con.contype = 'c' AND con.connoinherit THEN true END AS no_inherit,
       CASE WHEN con.period THEN true END AS period,
       CASE WHEN NOT con.conislocal AND con.conparentid = 0 THEN true END AS inherited,
       CASE WHEN con.contype <> 'f' AND xc.reloptions IS NOT NULL THEN
           ' WITH (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(xc.reloptions) AS o)
           || ')' END AS index_definition,
       CASE WHEN con.contype <> 'f' AND NOT x.indisvalid THEN true END AS index_invalid,
       CASE WHEN con.contype <> 'f' AND x.indisclustered THEN true END AS clustered,
       CASE WHEN con.contype <> 'f' AND xc.reltablespace <> 0 THEN
           (SELECT ts.spcname FROM pg_catalog.pg_tablespace AS ts WHERE ts.oid = xc.reltablespace) END AS tablespace,
       CASE WHEN con.contype <> 'f' AND xc.relispartition THEN
           (SELECT ARRAY[pn.nspname::text, p.relname::text]
            FROM pg_catalog.pg_inherits AS i
            JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
            JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
            WHERE i.inhrelid = con.conindid) END AS parent_index
FROM (SELECT NULL::int2[] AS confdelsetcols, true AS conenforced, false AS conperiod,
             false AS indnullsnotdistinct) AS absent
CROSS JOIN LATERAL
     (SELECT tableoid, oid, conname, conrelid, confrelid, conindid, contype, conkey, confkey, confmatchtype,
             condeferrable, condeferred, convalidated, connoinherit, conislocal, conparentid,
             confdelsetcols AS set_columns, conenforced AS enforced, conperiod AS period,
             CASE WHEN contype = 'f' THEN
                 CASE confupdtype WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
                                  WHEN 'd' THEN 'SET DEFAULT' END END AS on_update,
             CASE WHEN contype = 'f' THEN
                 CASE confdeltype WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
                                  WHEN 'd' THEN 'SET DEFAULT' END END AS on_delete
      FROM pg_catalog.pg_constraint
      WHERE contype IN ('p', 'u', 'f', 'c', 'x') AND conrelid <> 0
        AND ($1::oid[] IS NULL OR conrelid = ANY ($1))) AS con
JOIN pg_catalog.pg_class AS c ON c.oid = con.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class AS r ON r.oid = con.confrelid
LEFT JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
LEFT JOIN LATERAL
     (SELECT indisvalid, indisclustered, indnatts = indnkeyatts AND NOT indnullsnotdistinct AS plain
      FROM pg_catalog.pg_index WHERE indexrelid = con.conindid) AS x ON true
LEFT JOIN pg_catalog.pg_class AS xc ON xc.oid = con.conindid
LEFT JOIN pg_catalog.pg_attribute AS k ON k.attrelid = con.conrelid AND k.attnum = con.conkey[1] AND k.attnum > 0
LEFT JOIN pg_catalog.pg_attribute AS f ON f.attrelid = con.confrelid AND f.attnum = con.confkey[1]
CROSS JOIN LATERAL
     (SELECT CASE
             WHEN pg_catalog.cardinality(con.conkey) > 1 OR con.condeferrable OR con.period
                  OR NOT con.convalidated OR NOT con.enforced THEN pg_catalog.pg_get_constraintdef(con.oid)
             WHEN con.contype = 'p' AND x.plain THEN pg_catalog.format('PRIMARY KEY (%I)', k.attname)
             WHEN con.contype = 'u' AND x.plain THEN pg_catalog.format('UNIQUE (%I)', k.attname)
             WHEN con.contype = 'f' AND con.confmatchtype = 's' AND con.set_columns IS NULL THEN
                  pg_catalog.format('FOREIGN KEY (%I) REFERENCES %I.%I(%I)', k.attname, rn.nspname, r.relname,
                                    f.attname)
                  || COALESCE(' ON UPDATE ' || con.on_update, '') || COALESCE(' ON DELETE ' || con.on_delete, '')
             ELSE pg_catalog.pg_get_constraintdef(con.oid) END AS definition
      OFFSET 0) AS told
WHERE c.relpersistence <> 't' AND NOT (con.contype = 'f' AND con.conparentid <> 0)
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.refclassid = 3079 AND e.deptype = 'e' AND e.classid = 1259 AND e.objid = c.oid)
ORDER BY n.nspname, c.relname, con.conname
