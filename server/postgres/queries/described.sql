-- What the objects at some addresses are called: classes $1, oids $2, numbers of their columns $3.
SELECT a.class, a.oid, a.subid, COALESCE(pg_catalog.pg_describe_object(a.class, a.oid, a.subid),
                                         a.class::pg_catalog.regclass || ' ' || a.oid) AS name
FROM ROWS FROM (pg_catalog.unnest($1::oid[]), pg_catalog.unnest($2::oid[]), pg_catalog.unnest($3::int4[]))
     AS a (class, oid, subid)
