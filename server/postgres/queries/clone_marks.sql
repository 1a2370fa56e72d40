-- Databases of this server whose comment says that pgferry made them ($1: how such a comment begins), with the comment
-- and the size in bytes.
SELECT d.datname, s.description, pg_catalog.pg_database_size(d.oid)
FROM pg_catalog.pg_database AS d
JOIN pg_catalog.pg_shdescription AS s
    ON s.objoid = d.oid AND s.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass
WHERE pg_catalog.starts_with(s.description, $1)
ORDER BY d.datname
