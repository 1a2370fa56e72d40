-- Every foreign key: both tables, the columns in their order, the schema of each comparison (conpfeqop), whether it is
-- MATCH FULL, whether all rows are known to obey it (`sound`), whether its last column is a period (18), and whether an
-- index of the referring table helps to find the rows that refer to a given one.
-- Leaves out the copies that PostgreSQL keeps for partitions.
SELECT
    con.conname::text AS name,
    con.conrelid::int8 AS child,
    con.confrelid::int8 AS parent,
    (
        SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.place)
        FROM pg_catalog.unnest(con.conkey) WITH ORDINALITY AS u (number, place)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = con.conrelid AND a.attnum = u.number
    ) AS columns,
    (
        SELECT pg_catalog.array_agg(a.attname::text ORDER BY u.place)
        FROM pg_catalog.unnest(con.confkey) WITH ORDINALITY AS u (number, place)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = con.confrelid AND a.attnum = u.number
    ) AS targets,
    (
        SELECT pg_catalog.array_agg(n.nspname::text ORDER BY u.place)
        FROM pg_catalog.unnest(con.conpfeqop) WITH ORDINALITY AS u (operator, place)
        JOIN pg_catalog.pg_operator AS o ON o.oid = u.operator
        JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
    ) AS operators,
    con.confmatchtype = 'f' AS match_full,
    con.convalidated AND con.enforced AS sound,
    con.period AS period,
    EXISTS (
        SELECT
        FROM pg_catalog.pg_index AS x
        WHERE x.indrelid = con.conrelid
          AND x.indisvalid
          AND x.indkey[0] = ANY (con.conkey)
          AND (
              x.indpred IS NULL
              OR pg_catalog.pg_get_expr(x.indpred, x.indrelid) ~ '^\([^ ]+ IS NOT NULL\)$'
          )
    ) AS indexed
FROM (SELECT true AS conenforced, false AS conperiod) AS absent
CROSS JOIN LATERAL (
    SELECT
        conname, conrelid, confrelid, conkey, confkey, conpfeqop, confmatchtype, convalidated,
        conenforced AS enforced, conperiod AS period
    FROM pg_catalog.pg_constraint
    WHERE contype = 'f' AND conparentid = 0
) AS con
JOIN pg_catalog.pg_class AS c ON c.oid = con.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't'
  AND n.nspname !~ '^pg_'
ORDER BY n.nspname, c.relname, con.conname
