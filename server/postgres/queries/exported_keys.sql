-- The unique indexes of tables over plain columns, whose values are unlike each other: with the columns of each. Those
-- with conditions or expressions, and those to which NULLs are equal, are among exported_rules. $1: the tables.
SELECT
    x.indrelid::int8 AS oid,
    pg_catalog.array_agg(a.attname::text ORDER BY k.place) AS columns
FROM pg_catalog.pg_index AS x
CROSS JOIN LATERAL pg_catalog.unnest(x.indkey::int2[]) WITH ORDINALITY AS k (number, place)
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.number
WHERE x.indrelid = ANY ($1::oid[])
  AND x.indisunique
  AND x.indpred IS NULL
  AND x.indexprs IS NULL
  AND k.place <= x.indnkeyatts
GROUP BY x.indrelid, x.indexrelid
ORDER BY 1, 2
