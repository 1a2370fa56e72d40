-- Primary, unique, foreign, check and exclusion constraints of the tables $1 (NULL: of all), with their parts.
-- `_index` is the index behind a key, which is no fact of its own: `index_definition` is what it has beyond the
-- constraint's own definition. The server prints only what is not plain, and equal expressions over equal names once, as
-- partitions and tenants have them: printing is most of what reading costs.
-- Left out: NOT NULL (a fact of the column), constraint triggers (triggers), the copies of a foreign key on partitions.
WITH chosen AS MATERIALIZED (
    SELECT con.*, n.nspname, c.relname,
           CASE WHEN pg_catalog.cardinality(con.conkey) = 1 THEN ARRAY[k.attname::text]
                WHEN con.conkey IS NOT NULL THEN
                    ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(con.conkey) WITH ORDINALITY AS u (number, place)
                          LEFT JOIN pg_catalog.pg_attribute AS a
                                 ON a.attrelid = con.conrelid AND a.attnum = u.number AND a.attnum > 0
                          ORDER BY u.place) END AS columns
    FROM (SELECT NULL::int2[] AS confdelsetcols, true AS conenforced, false AS conperiod) AS absent
    CROSS JOIN LATERAL
         (SELECT tableoid, oid, conname, conrelid, confrelid, contype, conkey, confkey, confmatchtype,
                 condeferrable, condeferred, convalidated, connoinherit, conislocal, conparentid, conbin,
                 CASE WHEN contype <> 'f' THEN conindid END AS index,
                 confdelsetcols AS set_columns, conenforced AS enforced, conperiod AS period,
                 CASE WHEN contype = 'f' THEN
                     CASE confupdtype WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
                                      WHEN 'd' THEN 'SET DEFAULT' END END AS on_update,
                 CASE WHEN contype = 'f' THEN
                     CASE confdeltype WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
                                      WHEN 'd' THEN 'SET DEFAULT' END END AS on_delete
          FROM pg_catalog.pg_constraint
          WHERE contype IN ('p', 'u', 'f', 'c', 'x') AND conrelid <> 0 AND NOT (contype = 'f' AND conparentid <> 0)
            AND ($1::oid[] IS NULL OR conrelid = ANY ($1))) AS con
    JOIN pg_catalog.pg_class AS c ON c.oid = con.conrelid AND c.relkind IN ('r', 'p', 'f')
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attribute AS k ON k.attrelid = con.conrelid AND k.attnum = con.conkey[1] AND k.attnum > 0
    WHERE c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                      WHERE e.refclassid = 3079 AND e.deptype = 'e' AND e.classid = 1259 AND e.objid = c.oid)),
checks AS MATERIALIZED (
    SELECT same.tree, same.columns, pg_catalog.pg_get_expr(p.conbin, p.conrelid) AS expression
    FROM (SELECT conbin::text AS tree, columns, pg_catalog.min(oid) AS oid
          FROM chosen
          WHERE contype = 'c' AND pg_catalog.array_position(columns, NULL) IS NULL
          GROUP BY conbin::text, columns) AS same
    JOIN chosen AS p ON p.oid = same.oid)
SELECT con.tableoid AS class, con.oid AS oid, 0 AS subid,
       'constraint' AS kind, con.nspname AS schema, con.relname AS name, con.conname AS sub,
       con.conrelid AS _table, con.index AS _index,
       CASE con.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key'
                        WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' END AS type,
       told.definition,
       con.columns,
       said.expression,
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
       CASE WHEN x.reloptions IS NOT NULL THEN
           ' WITH (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(x.reloptions) AS o)
           || ')' END AS index_definition,
       CASE WHEN NOT x.indisvalid THEN true END AS index_invalid,
       CASE WHEN x.indisclustered THEN true END AS clustered,
       CASE WHEN x.reltablespace <> 0 THEN
           (SELECT ts.spcname FROM pg_catalog.pg_tablespace AS ts WHERE ts.oid = x.reltablespace) END AS tablespace,
       CASE WHEN x.relispartition THEN
           (SELECT ARRAY[pn.nspname::text, p.relname::text]
            FROM pg_catalog.pg_inherits AS i
            JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
            JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
            WHERE i.inhrelid = con.index) END AS parent_index
FROM chosen AS con
LEFT JOIN pg_catalog.pg_class AS r ON r.oid = con.confrelid AND r.relkind IN ('r', 'p')
LEFT JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
LEFT JOIN pg_catalog.pg_attribute AS f ON f.attrelid = con.confrelid AND f.attnum = con.confkey[1]
LEFT JOIN
     (SELECT i.indexrelid, i.indisvalid, i.indisclustered, i.plain, c.reloptions, c.reltablespace, c.relispartition
      FROM (SELECT false AS indnullsnotdistinct) AS absent
      CROSS JOIN LATERAL
           (SELECT indexrelid, indisvalid, indisclustered, indnatts = indnkeyatts AND NOT indnullsnotdistinct AS plain
            FROM pg_catalog.pg_index WHERE indisunique OR indisexclusion) AS i
      JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid) AS x ON x.indexrelid = con.index
LEFT JOIN checks AS shared ON con.contype = 'c' AND shared.tree = con.conbin::text AND shared.columns = con.columns
CROSS JOIN LATERAL
     (SELECT CASE WHEN con.contype <> 'c' THEN NULL
                  WHEN shared.expression IS NOT NULL THEN shared.expression
                  ELSE pg_catalog.pg_get_expr(con.conbin, con.conrelid) END AS expression
      OFFSET 0) AS said
CROSS JOIN LATERAL
     (SELECT CASE
             WHEN con.contype = 'c' THEN
                  pg_catalog.concat('CHECK (', said.expression, ')', CASE WHEN con.connoinherit THEN ' NO INHERIT' END,
                                    CASE WHEN NOT con.enforced THEN ' NOT ENFORCED'
                                         WHEN NOT con.convalidated THEN ' NOT VALID' END)
             WHEN pg_catalog.cardinality(con.conkey) > 1 OR con.condeferrable OR con.period
                  OR NOT con.convalidated OR NOT con.enforced THEN pg_catalog.pg_get_constraintdef(con.oid)
             WHEN con.contype = 'p' AND x.plain THEN pg_catalog.format('PRIMARY KEY (%I)', con.columns[1])
             WHEN con.contype = 'u' AND x.plain THEN pg_catalog.format('UNIQUE (%I)', con.columns[1])
             WHEN con.contype = 'f' AND con.confmatchtype = 's' AND con.set_columns IS NULL THEN
                  pg_catalog.format('FOREIGN KEY (%I) REFERENCES %I.%I(%I)', con.columns[1], rn.nspname, r.relname,
                                    f.attname)
                  || COALESCE(' ON UPDATE ' || con.on_update, '') || COALESCE(' ON DELETE ' || con.on_delete, '')
             ELSE pg_catalog.pg_get_constraintdef(con.oid) END AS definition
      OFFSET 0) AS told
ORDER BY con.nspname, con.relname, con.conname
