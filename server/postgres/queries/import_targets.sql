-- What an import must know of the tables named by $1 (schemas) and $2 (names): estimated rows, bytes, whether the role
-- owns them, may insert, and whether row-level security applies to it.
SELECT n.nspname::text AS schema, c.relname::text AS name, c.oid,
       COALESCE(size.rows, 0)::bigint AS rows, COALESCE(size.bytes, 0)::bigint AS bytes,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owned,
       pg_catalog.has_any_column_privilege(c.oid, 'INSERT') AS may_insert,
       pg_catalog.row_security_active(c.oid) AS hidden_rows
FROM unnest($1::text[], $2::text[]) AS wanted(schema, name)
JOIN pg_catalog.pg_namespace AS n ON n.nspname = wanted.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
CROSS JOIN LATERAL
     (SELECT pg_catalog.sum(pg_catalog.pg_relation_size(leaf.oid)) AS bytes,
             pg_catalog.sum(CASE WHEN pg_catalog.pg_relation_size(leaf.oid) = 0 THEN 0
                                 ELSE GREATEST(leaf.reltuples, 1, pg_catalog.pg_relation_size(leaf.oid) / 400) END) AS rows
      FROM (SELECT c.oid WHERE c.relkind <> 'p'
            UNION ALL
            SELECT t.relid FROM pg_catalog.pg_partition_tree(CASE c.relkind WHEN 'p' THEN c.oid END) AS t WHERE t.isleaf
           ) AS part(oid)
      JOIN pg_catalog.pg_class AS leaf ON leaf.oid = part.oid
     ) AS size
