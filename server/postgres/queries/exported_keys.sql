-- The unique indexes of the table $1 over plain columns, whose values are unlike each other: with the columns of each, and
-- the rows that it is about where a partition alone has it (`condition`, over the columns `keyed`; NULL also where that
-- would call functions of users). Those with conditions or expressions, and those to which NULLs are equal, are among
-- exported_rules.
WITH held (oid) AS (
    SELECT $1::oid
    UNION
    SELECT p.relid::oid
    FROM pg_catalog.pg_class AS c CROSS JOIN LATERAL pg_catalog.pg_partition_tree(c.oid) AS p
    WHERE c.oid = $1 AND c.relkind = 'p'
),
keyed (columns) AS (
    SELECT pg_catalog.array_agg(DISTINCT a.attname::text)
    FROM held AS h
    JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = h.oid AND d.objsubid > 0
        AND d.refclassid = d.classid AND d.refobjid = d.objid AND d.refobjsubid = 0 AND d.deptype = 'i'
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.objid AND a.attnum = d.objsubid
    HAVING NOT pg_catalog.bool_or(EXISTS (
        SELECT FROM pg_catalog.pg_depend AS f
        WHERE f.classid = d.classid AND f.objid = d.objid AND f.objsubid = 0
          AND f.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
    ))
)
SELECT
    pg_catalog.array_agg(a.attname::text ORDER BY k.place) AS columns,
    CASE WHEN p.columns IS NOT NULL THEN pg_catalog.pg_get_partition_constraintdef(h.oid) END AS condition,
    coalesce(p.columns, '{}') AS keyed
FROM held AS h
JOIN pg_catalog.pg_index AS x ON x.indrelid = h.oid
CROSS JOIN LATERAL pg_catalog.unnest(x.indkey::int2[]) WITH ORDINALITY AS k (number, place)
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.number
LEFT JOIN keyed AS p ON h.oid <> $1
WHERE x.indisunique
  AND x.indpred IS NULL
  AND x.indexprs IS NULL
  AND k.place <= x.indnkeyatts
  AND (h.oid = $1 OR NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = x.indexrelid))
GROUP BY h.oid, x.indexrelid, p.columns
ORDER BY 1, h.oid
