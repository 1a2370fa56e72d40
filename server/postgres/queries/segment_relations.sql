-- Every table, partition, view and foreign table by name, with where its rows belong: `root` is the outermost
-- partitioned table (or itself), `leaves` the partitions below it that hold rows, `parents` the tables that it inherits
-- from (not as a partition), `unique_keys` the columns of each unconditional unique index, the primary key first, `leading`
-- the first columns of all unconditional indexes that find equal values. Leaves out system schemas, temporary tables and
-- what extensions own.
SELECT
    c.oid::int8 AS oid,
    n.nspname::text AS schema,
    c.relname::text AS name,
    c.relkind::text AS kind,
    coalesce(tree.root, c.oid)::int8 AS root,
    coalesce(leaves.oids, '{}') AS leaves,
    coalesce(parents.oids, '{}') AS parents,
    coalesce(keys.keys, '[]') AS unique_keys,
    greatest(c.reltuples, 0)::int8 AS rows,
    c.relpages::int8 * 8192 AS bytes,
    ARRAY(
        SELECT a.attname::text
        FROM pg_catalog.pg_index AS x
        JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
        JOIN pg_catalog.pg_am AS m ON m.oid = i.relam AND m.amname IN ('btree', 'hash')
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
        WHERE x.indrelid = c.oid AND x.indisvalid AND x.indpred IS NULL
    ) AS leading
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
    SELECT a.relid::pg_catalog.oid AS root
    FROM pg_catalog.pg_partition_ancestors(c.oid) WITH ORDINALITY AS a (relid, place)
    ORDER BY a.place DESC
    LIMIT 1
) AS tree ON c.relispartition
LEFT JOIN LATERAL (
    SELECT pg_catalog.array_agg(p.relid::pg_catalog.oid::int8 ORDER BY p.relid::pg_catalog.oid) AS oids
    FROM pg_catalog.pg_partition_tree(c.oid) AS p
    WHERE p.isleaf
) AS leaves ON c.relkind = 'p'
LEFT JOIN LATERAL (
    SELECT pg_catalog.array_agg(i.inhparent::int8 ORDER BY i.inhseqno) AS oids
    FROM pg_catalog.pg_inherits AS i
    WHERE i.inhrelid = c.oid
) AS parents ON NOT c.relispartition AND c.relkind = 'r'
LEFT JOIN LATERAL (
    SELECT pg_catalog.json_agg(k.columns ORDER BY k.indisprimary DESC, k.indexrelid) AS keys
    FROM (
        SELECT
            x.indexrelid,
            x.indisprimary,
            (
                SELECT pg_catalog.json_agg(a.attname ORDER BY u.place)
                FROM pg_catalog.unnest(x.indkey::int2[]) WITH ORDINALITY AS u (number, place)
                JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = u.number
                WHERE u.place <= x.indnkeyatts
            ) AS columns
        FROM pg_catalog.pg_index AS x
        WHERE x.indrelid = c.oid AND x.indisunique AND x.indpred IS NULL AND x.indexprs IS NULL
    ) AS k
) AS keys ON c.relkind IN ('r', 'p')
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_'
  AND n.nspname NOT IN ('information_schema', 'pgferry')
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
ORDER BY n.nspname, c.relname
