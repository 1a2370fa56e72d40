-- Estimated rows and, where $2, bytes (with indexes and TOAST) of the relations $1. A table that was never analysed is
-- estimated from the rows that the server counted as live; NULL where it has no idea.
SELECT c.oid::int8,
       CASE WHEN c.relkind IN ('v', 'p') THEN NULL
            WHEN c.reltuples > 0 THEN c.reltuples::int8
            ELSE pg_catalog.pg_stat_get_live_tuples(c.oid) END,
       CASE WHEN $2::boolean THEN pg_catalog.pg_total_relation_size(c.oid) END
FROM pg_catalog.pg_class AS c
WHERE c.oid = ANY ($1::oid[]) AND c.relkind IN ('r', 'm', 'p')
ORDER BY 1
