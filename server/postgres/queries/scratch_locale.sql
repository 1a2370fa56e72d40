-- Encoding and locale of the connected database, for a scratch database like it, and whether the role may create one.
SELECT pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
       d.datcollate::text AS collate,
       d.datctype::text AS ctype,
       (r.rolcreatedb OR r.rolsuper) AS may_create
FROM pg_catalog.pg_database AS d
CROSS JOIN pg_catalog.pg_roles AS r
WHERE d.datname = pg_catalog.current_database() AND r.rolname = CURRENT_USER
