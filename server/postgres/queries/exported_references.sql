-- Foreign keys column by column: which column of which table points at which, and the schema, relation and name of the key
-- with whether its relation is partitioned. A partition is its table at both ends; a key of a partitioned table counts once.
SELECT r.attrelid::bigint AS table_oid,
       r.attname AS name,
       n.nspname AS target_schema,
       c.relname AS target_table,
       ta.attname AS target_column,
       ARRAY[hn.nspname::text, h.relname::text, f.conname::text] AS "constraint",
       h.relkind = 'p' AS partitioned
FROM pg_catalog.pg_constraint AS f
CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(f.conkey), pg_catalog.unnest(f.confkey)) AS k(number, target)
JOIN pg_catalog.pg_class AS h ON h.oid = f.conrelid
JOIN pg_catalog.pg_namespace AS hn ON hn.oid = h.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = k.number
JOIN pg_catalog.pg_attribute AS r
     ON r.attrelid = coalesce(pg_catalog.pg_partition_root(f.conrelid)::oid, f.conrelid) AND r.attname = a.attname
JOIN pg_catalog.pg_class AS c ON c.oid = coalesce(pg_catalog.pg_partition_root(f.confrelid)::oid, f.confrelid)
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS ta ON ta.attrelid = f.confrelid AND ta.attnum = k.target
WHERE f.contype = 'f' AND f.conparentid = 0
ORDER BY r.attrelid, f.conname, f.conrelid, r.attnum
