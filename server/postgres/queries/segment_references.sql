-- Every foreign key: both tables, the columns in their order, the schema of each comparison (conpfeqop), whether all rows
-- are known to obey it (`sound`), whether its last column is a period (18), whether an index of the referring table helps
-- to find the rows that refer to a given one (`indexed`), and whether one leads straight to them (`exact`): a btree that
-- begins with exactly these columns, in their own order and collation.
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
              OR EXISTS (
                  SELECT
                  FROM pg_catalog.pg_attribute AS a
                  WHERE a.attrelid = con.conrelid
                    AND a.attnum = ANY (con.conkey)
                    AND pg_catalog.pg_get_expr(x.indpred, x.indrelid)
                        = pg_catalog.format('(%I IS NOT NULL)', a.attname)
              )
          )
    ) AS indexed,
    EXISTS (
        SELECT
        FROM pg_catalog.pg_index AS x
        JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
        JOIN pg_catalog.pg_am AS m ON m.oid = i.relam
        WHERE x.indrelid = con.conrelid
          AND x.indisvalid
          AND m.amname = 'btree'
          AND x.indnkeyatts >= pg_catalog.cardinality(con.conkey)
          AND (
              x.indpred IS NULL
              OR EXISTS (
                  SELECT
                  FROM pg_catalog.pg_attribute AS a
                  WHERE a.attrelid = con.conrelid
                    AND a.attnum = ANY (con.conkey)
                    AND pg_catalog.pg_get_expr(x.indpred, x.indrelid)
                        = pg_catalog.format('(%I IS NOT NULL)', a.attname)
              )
          )
          AND NOT EXISTS (
              SELECT
              FROM pg_catalog.unnest(x.indkey::int2[]) WITH ORDINALITY AS k (number, place)
              JOIN pg_catalog.pg_opclass AS o ON o.oid = x.indclass[k.place - 1]
              LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.number
              WHERE k.place <= pg_catalog.cardinality(con.conkey)
                AND (k.number <> ALL (con.conkey) OR NOT o.opcdefault OR x.indcollation[k.place - 1] <> a.attcollation)
          )
    ) AS exact
FROM (SELECT true AS conenforced, false AS conperiod) AS absent
CROSS JOIN LATERAL (
    SELECT
        conname, conrelid, confrelid, conkey, confkey, conpfeqop, convalidated,
        conenforced AS enforced, conperiod AS period
    FROM pg_catalog.pg_constraint
    WHERE contype = 'f' AND conparentid = 0
) AS con
JOIN pg_catalog.pg_class AS c ON c.oid = con.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't'
  AND n.nspname !~ '^pg_'
ORDER BY n.nspname, c.relname, con.conname
