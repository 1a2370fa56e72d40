-- Which rows the partitioned table, or partition, $1 (an oid) takes: the condition of each leaf, NULL where it takes all,
-- and the columns that conditions are about (NULL: expressions are among them). No rows for a table without partitions.
-- A hash of a domain's values cannot be asked of a table whose column has the type beneath: such tables are left out.
WITH tree AS (
    SELECT t.relid, t.isleaf FROM pg_catalog.pg_partition_tree($1::oid) AS t
), keys AS (
    SELECT k.partrelid, k.partstrat, n AS attnum
    FROM pg_catalog.pg_partitioned_table AS k CROSS JOIN LATERAL pg_catalog.unnest(k.partattrs::int2[]) AS n
    WHERE k.partrelid IN (SELECT relid FROM tree UNION SELECT pg_catalog.pg_partition_ancestors($1::oid))
), named AS (
    SELECT keys.partstrat, a.attname, t.typtype
    FROM keys
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = keys.partrelid AND a.attnum = keys.attnum AND keys.attnum > 0
    LEFT JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
)
SELECT pg_catalog.pg_get_partition_constraintdef(tree.relid) AS condition,
       CASE WHEN (SELECT pg_catalog.bool_and(attname IS NOT NULL) FROM named)
            THEN ARRAY(SELECT DISTINCT attname::text FROM named ORDER BY 1) END AS columns
FROM tree
WHERE tree.isleaf AND NOT EXISTS (SELECT FROM named WHERE partstrat = 'h' AND typtype = 'd')
ORDER BY tree.relid
