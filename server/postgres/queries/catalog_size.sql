-- Bytes of the catalog of columns: whether a schema is big enough to be read on two connections.
SELECT pg_catalog.pg_relation_size('pg_catalog.pg_attribute'::pg_catalog.regclass)
