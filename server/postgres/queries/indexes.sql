-- Indexes that stand behind no constraint. `_table` and the column numbers (0: an expression) are resolved by the reader.
SELECT c.tableoid AS class, c.oid AS oid, 0 AS subid,
       'index' AS kind, n.nspname AS schema, c.relname AS name, '' AS sub,
       x.indrelid AS _table,
       t.relname AS table,
       CASE WHEN pg_catalog.cardinality(c.reloptions) > 1 THEN
           (SELECT pg_catalog.replace(told.definition, w.given, ' WITH (' || (
                       SELECT pg_catalog.string_agg(o, ', ' ORDER BY o)
                       FROM pg_catalog.regexp_split_to_table(pg_catalog.substring(w.given, '\((.*)\)'), ', ') AS o) || ')')
            FROM (SELECT pg_catalog.substring(told.definition, ' WITH \([^()]*\)') AS given) AS w)
            ELSE told.definition END AS definition,
       CASE WHEN x.indisunique THEN true END AS unique,
       am.amname AS method,
       x.indkey::int2[] AS columns,
       x.indnkeyatts::int AS key_columns,
       CASE WHEN x.distinct_nulls THEN true END AS nulls_not_distinct,
       CASE WHEN x.indpred IS NOT NULL THEN pg_catalog.substring(told.definition, ' WHERE (.*)$') END AS predicate,
       CASE WHEN c.reloptions IS NOT NULL THEN
           (SELECT pg_catalog.array_agg(o ORDER BY o) FROM pg_catalog.unnest(c.reloptions) AS o) END AS options,
       CASE WHEN NOT x.indisvalid THEN true END AS invalid,
       CASE WHEN x.indisclustered THEN true END AS clustered,
       (SELECT ts.spcname FROM pg_catalog.pg_tablespace AS ts WHERE ts.oid = c.reltablespace) AS tablespace,
       CASE WHEN c.relispartition THEN
           (SELECT ARRAY[pn.nspname::text, p.relname::text]
            FROM pg_catalog.pg_inherits AS i
            JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
            JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
            WHERE i.inhrelid = c.oid) END AS parent_index,
       CASE WHEN x.indexprs IS NOT NULL THEN
           (SELECT pg_catalog.array_agg(a.attnum::text || ':' || a.attstattarget::text ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attstattarget >= 0) END AS statistics
FROM (SELECT false AS indnullsnotdistinct) AS absent
CROSS JOIN LATERAL
     (SELECT indexrelid, indrelid, indisunique, indkey, indnkeyatts, indpred, indexprs, indisvalid, indisclustered,
             indnullsnotdistinct AS distinct_nulls
      FROM pg_catalog.pg_index) AS x
CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_indexdef(x.indexrelid) AS definition OFFSET 0) AS told
JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class AS t ON t.oid = x.indrelid
JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
WHERE c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                  WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = c.tableoid AND e.objid IN (c.oid, t.oid) AND e.deptype = 'e')
ORDER BY n.nspname, c.relname
