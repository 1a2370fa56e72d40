-- The relations that hold the rows of the tables $1: the table itself, or the leaves of a partitioned one by name.
-- To ask for a size waits for whoever has locked the table, so no other's is asked for.
-- Rows are estimated from the last ANALYZE and the size of now; a table never analysed counts 60 rows for a block.
SELECT t.root::bigint AS root,
       c.oid::bigint AS oid,
       n.nspname AS schema,
       c.relname AS name,
       c.relkind = 'f' AS elsewhere,
       coalesce(am.amname = 'heap', false) AS heap,
       s.blocks,
       CASE WHEN c.reltoastrelid <> 0 THEN coalesce(pg_catalog.pg_relation_size(c.reltoastrelid), 0)
            ELSE 0 END AS toast_bytes,
       CASE WHEN c.reltuples >= 0 AND c.relpages > 0 THEN (c.reltuples / c.relpages * s.blocks)::bigint
            ELSE s.blocks * 60 END AS rows,
       pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS readable,
       pg_catalog.row_security_active(c.oid) AS row_security
FROM (SELECT r.oid AS root, r.oid AS leaf
      FROM pg_catalog.pg_class AS r
      WHERE r.oid = ANY ($1::oid[]) AND r.relkind = 'r'
      UNION ALL
      SELECT r.oid, p.relid
      FROM pg_catalog.pg_class AS r
      CROSS JOIN LATERAL pg_catalog.pg_partition_tree(r.oid) AS p
      WHERE r.oid = ANY ($1::oid[]) AND r.relkind = 'p' AND p.isleaf) AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.leaf
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
CROSS JOIN LATERAL
     (SELECT coalesce(pg_catalog.pg_relation_size(c.oid), 0)
             / pg_catalog.current_setting('block_size')::bigint AS blocks) AS s
WHERE c.relkind IN ('r', 'f')
ORDER BY n.nspname, c.relname
