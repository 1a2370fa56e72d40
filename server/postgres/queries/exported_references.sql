-- Foreign keys column by column: which column of which table points at which; a partition that is pointed at is its
-- table. One of a partitioned table counts once.
SELECT f.conrelid::bigint AS table_oid,
       a.attname AS name,
       n.nspname AS target_schema,
       c.relname AS target_table,
       ta.attname AS target_column,
       f.conname AS "constraint"
FROM pg_catalog.pg_constraint AS f
CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(f.conkey), pg_catalog.unnest(f.confkey)) AS k(number, target)
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = k.number
JOIN pg_catalog.pg_class AS c ON c.oid = coalesce(pg_catalog.pg_partition_root(f.confrelid)::oid, f.confrelid)
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS ta ON ta.attrelid = f.confrelid AND ta.attnum = k.target
WHERE f.contype = 'f' AND f.conparentid = 0
ORDER BY f.conrelid, f.conname, a.attnum
