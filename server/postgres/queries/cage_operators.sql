-- The functions behind operators of given names ($1), which are not written as calls: only operators made after initdb.
SELECT DISTINCT o.oprcode::pg_catalog.oid::bigint AS oid
FROM pg_catalog.pg_operator AS o
WHERE o.oprname = ANY ($1::text[]) AND o.oid >= 16384 AND o.oprcode <> 0
