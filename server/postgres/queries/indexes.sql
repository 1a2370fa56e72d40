-- Indexes of the tables $1 (NULL: of all) that stand behind no constraint. The server prints only those that are not
-- plain, and equal conditions over equal names once, as partitions and tenants have them: printing one takes longer than
-- all else about it.
WITH chosen AS MATERIALIZED (
    SELECT i.*, c.relname, n.nspname, c.relkind, c.reloptions, c.reltablespace, c.relispartition, am.amname,
           t.relname AS table_name,
           CASE WHEN i.indpred IS NOT NULL THEN
               ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = i.indrelid AND a.attnum > 0
                     ORDER BY a.attnum) END AS named
    FROM (SELECT false AS indnullsnotdistinct) AS absent
    CROSS JOIN LATERAL
         (SELECT indexrelid, indrelid, indisunique, indkey, indclass, indcollation, indoption, indnkeyatts, indpred,
                 indexprs, indisvalid, indisclustered, indnullsnotdistinct AS distinct_nulls
          FROM pg_catalog.pg_index
          WHERE ($1::oid[] IS NULL OR indrelid = ANY ($1))) AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid AND t.relkind IN ('r', 'p', 'm')
    JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
    WHERE c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS con
                      WHERE con.conindid = i.indexrelid AND con.contype IN ('p', 'u', 'x'))
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                      WHERE e.refclassid = 3079 AND e.deptype = 'e' AND e.classid = 1259 AND e.objid = c.oid)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                      WHERE e.refclassid = 3079 AND e.deptype = 'e' AND e.classid = 1259 AND e.objid = t.oid)),
conditions AS MATERIALIZED (
    SELECT same.tree, same.named, pg_catalog.pg_get_expr(p.indpred, p.indrelid) AS predicate
    FROM (SELECT indpred::text AS tree, named, pg_catalog.min(indexrelid) AS indexrelid
          FROM chosen
          WHERE indpred IS NOT NULL AND pg_catalog.strpos(indpred::text, ':varattno 0 ') = 0
          GROUP BY indpred::text, named) AS same
    JOIN chosen AS p ON p.indexrelid = same.indexrelid)
SELECT 1259::oid AS class, x.indexrelid AS oid, 0 AS subid,
       'index' AS kind, x.nspname AS schema, x.relname AS name, '' AS sub,
       x.indrelid AS _table,
       x.table_name AS table,
       CASE WHEN pg_catalog.cardinality(x.reloptions) > 1 THEN
           (SELECT pg_catalog.replace(told.definition, w.given, ' WITH (' || (
                       SELECT pg_catalog.string_agg(o, ', ' ORDER BY o)
                       FROM pg_catalog.regexp_split_to_table(pg_catalog.substring(w.given, '\((.*)\)'), ', ') AS o) || ')')
            FROM (SELECT pg_catalog.substring(told.definition, ' WITH \([^()]*\)') AS given) AS w)
            ELSE told.definition END AS definition,
       CASE WHEN x.indisunique THEN true END AS unique,
       x.amname AS method,
       k.columns,
       x.indnkeyatts::int AS key_columns,
       CASE WHEN x.distinct_nulls THEN true END AS nulls_not_distinct,
       said.predicate,
       CASE WHEN x.reloptions IS NOT NULL THEN
           (SELECT pg_catalog.array_agg(o ORDER BY o) FROM pg_catalog.unnest(x.reloptions) AS o) END AS options,
       CASE WHEN NOT x.indisvalid THEN true END AS invalid,
       CASE WHEN x.indisclustered THEN true END AS clustered,
       CASE WHEN x.reltablespace <> 0 THEN
           (SELECT ts.spcname FROM pg_catalog.pg_tablespace AS ts WHERE ts.oid = x.reltablespace) END AS tablespace,
       CASE WHEN x.relispartition THEN
           (SELECT ARRAY[pn.nspname::text, p.relname::text]
            FROM pg_catalog.pg_inherits AS i
            JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
            JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
            WHERE i.inhrelid = x.indexrelid) END AS parent_index,
       CASE WHEN x.indexprs IS NOT NULL THEN
           (SELECT pg_catalog.array_agg(a.attnum::text || ':' || a.attstattarget::text ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = x.indexrelid AND a.attstattarget >= 0) END AS statistics
FROM chosen AS x
JOIN (SELECT i.indexrelid,
             pg_catalog.array_agg(a.attname::text ORDER BY u.place) AS columns,
             pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY u.place) AS listed,
             pg_catalog.bool_and(COALESCE(o.opcdefault AND (o.opcintype = a.atttypid
                                                            OR (o.oid < 16384 AND o.opcintype = 25 AND a.atttypid = 1043))
                                          AND u.said = a.attcollation AND u.option = 0, false)) AS plain
      FROM chosen AS i
      CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(i.indkey::int2[]), pg_catalog.unnest(i.indclass::oid[]),
                                    pg_catalog.unnest(i.indcollation::oid[]), pg_catalog.unnest(i.indoption::int2[]))
           WITH ORDINALITY AS u (number, class, said, option, place)
      LEFT JOIN LATERAL
           (SELECT attname, atttypid, attcollation
            FROM pg_catalog.pg_attribute WHERE attrelid = i.indrelid AND attnum = u.number AND u.number > 0
            OFFSET 0) AS a ON true
      LEFT JOIN pg_catalog.pg_opclass AS o ON o.oid = u.class
      GROUP BY i.indexrelid) AS k ON k.indexrelid = x.indexrelid
LEFT JOIN conditions AS shared ON shared.tree = x.indpred::text AND shared.named = x.named
CROSS JOIN LATERAL
     (SELECT CASE WHEN x.indpred IS NULL THEN NULL
                  WHEN shared.predicate IS NOT NULL THEN shared.predicate
                  ELSE pg_catalog.pg_get_expr(x.indpred, x.indrelid) END AS predicate
      OFFSET 0) AS said
CROSS JOIN LATERAL
     (SELECT CASE WHEN k.plain AND NOT x.distinct_nulls AND x.relkind = 'i' AND x.reloptions IS NULL
                       AND x.reltablespace = 0 AND x.amname = 'btree' THEN
                  pg_catalog.format('CREATE %sINDEX %I ON %I.%I USING %I (%s)%s',
                                    CASE WHEN x.indisunique THEN 'UNIQUE ' ELSE '' END, x.relname, x.nspname, x.table_name,
                                    x.amname, k.listed,
                                    ' WHERE ' || said.predicate)
             ELSE pg_catalog.pg_get_indexdef(x.indexrelid) END AS definition
      OFFSET 0) AS told
ORDER BY x.nspname, x.relname
