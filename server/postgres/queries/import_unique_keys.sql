-- Unique indexes and exclusion constraints of table $1 (an oid): the expression of each key column, the operators of an
-- exclusion (NULL for a unique index), the predicate, and whether NULLs count as equal.
SELECT COALESCE(k.conname, c.relname)::text AS name,
       ARRAY(SELECT pg_catalog.pg_get_indexdef(x.indexrelid, n, false)
             FROM pg_catalog.generate_series(1, x.indnkeyatts) AS n ORDER BY n) AS expressions,
       (SELECT pg_catalog.array_agg(pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname) ORDER BY e.place)
        FROM pg_catalog.unnest(k.conexclop) WITH ORDINALITY AS e(operator, place)
        JOIN pg_catalog.pg_operator AS o ON o.oid = e.operator
        JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace) AS operators,
       pg_catalog.pg_get_expr(x.indpred, x.indrelid) AS predicate,
       COALESCE((pg_catalog.to_jsonb(x.*) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_equal
FROM pg_catalog.pg_index AS x
JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid
LEFT JOIN pg_catalog.pg_constraint AS k ON k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x')
WHERE x.indrelid = $1::oid AND (x.indisunique OR k.contype = 'x')
ORDER BY 1
