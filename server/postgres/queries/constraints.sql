-- Primary, unique, foreign, check and exclusion constraints of tables, with their parts. `_table`, `_referenced` and the
-- column numbers are resolved by the reader; `_index` is the index behind a constraint, which is no fact of its own:
-- `index_definition` is what it has beyond the constraint's own definition.
-- Left out: NOT NULL (a fact of the column), constraint triggers (triggers), the copies of a foreign key on partitions.
SELECT con.tableoid AS class, con.oid AS oid, 0 AS subid,
       'constraint' AS kind, n.nspname AS schema, c.relname AS name, con.conname AS sub,
       con.conrelid AS _table, con.confrelid AS _referenced, con.conindid AS _index,
       CASE con.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key'
                        WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' END AS type,
       told.definition,
       con.conkey AS columns,
       CASE WHEN con.contype = 'c' THEN
           pg_catalog.substring(told.definition,
                                '^CHECK \((.*)\)(?: NO INHERIT)?(?: NOT VALID)?(?: NOT ENFORCED)?$') END AS expression,
       CASE WHEN con.contype = 'f' THEN ARRAY[rn.nspname::text, r.relname::text] END AS "references",
       CASE WHEN con.contype = 'f' THEN con.confkey END AS referenced_columns,
       CASE WHEN con.contype = 'f' THEN
           CASE con.confupdtype WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
                                WHEN 'd' THEN 'SET DEFAULT' END END AS on_update,
       CASE WHEN con.contype = 'f' THEN
           CASE con.confdeltype WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
                                WHEN 'd' THEN 'SET DEFAULT' END END AS on_delete,
       CASE WHEN con.contype = 'f' THEN con.set_columns END AS on_delete_columns,
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
       CASE WHEN con.contype <> 'f' THEN
           (SELECT ts.spcname FROM pg_catalog.pg_tablespace AS ts WHERE ts.oid = xc.reltablespace) END AS tablespace,
       CASE WHEN con.contype <> 'f' AND xc.relispartition THEN
           (SELECT ARRAY[pn.nspname::text, p.relname::text]
            FROM pg_catalog.pg_inherits AS i
            JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
            JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
            WHERE i.inhrelid = con.conindid) END AS parent_index
FROM (SELECT NULL::int2[] AS confdelsetcols, true AS conenforced, false AS conperiod) AS absent
CROSS JOIN LATERAL
     (SELECT tableoid, oid, conname, conrelid, confrelid, conindid, contype, conkey, confkey, confupdtype,
             confdeltype, confmatchtype, condeferrable, condeferred, convalidated, connoinherit, conislocal,
             conparentid, confdelsetcols AS set_columns, conenforced AS enforced, conperiod AS period
      FROM pg_catalog.pg_constraint
      WHERE contype IN ('p', 'u', 'f', 'c', 'x') AND conrelid <> 0) AS con
CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_constraintdef(con.oid) AS definition OFFSET 0) AS told
JOIN pg_catalog.pg_class AS c ON c.oid = con.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class AS r ON r.oid = con.confrelid
LEFT JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
LEFT JOIN pg_catalog.pg_index AS x ON x.indexrelid = con.conindid
LEFT JOIN pg_catalog.pg_class AS xc ON xc.oid = con.conindid
WHERE c.relpersistence <> 't' AND NOT (con.contype = 'f' AND con.conparentid <> 0)
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = c.tableoid AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY n.nspname, c.relname, con.conname
