-- since 14, else NULL: r.rngmultitypid
-- The types that columns of the relations $1 are of, and what those are made of: elements of arrays, what a domain stands
-- on, ranges of multiranges and their subtypes, attributes of composite types. PostgreSQL's own are left out.
WITH RECURSIVE used (oid) AS (
    SELECT a.atttypid FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
    UNION
    SELECT part.oid
    FROM used AS u
    JOIN pg_catalog.pg_type AS t ON t.oid = u.oid
    LEFT JOIN pg_catalog.pg_range AS r ON r.rngtypid = t.oid OR r.rngmultitypid = t.oid
    CROSS JOIN LATERAL (
        SELECT v.oid FROM (VALUES (t.typelem), (t.typbasetype), (r.rngtypid), (r.rngsubtype)) AS v (oid)
        UNION ALL
        SELECT a.atttypid FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS part
    WHERE part.oid <> 0
)
SELECT u.oid::int8 FROM used AS u WHERE u.oid >= 16384
ORDER BY 1
