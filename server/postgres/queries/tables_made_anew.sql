-- Which of the tables $1 (oids) were emptied or written anew since this transaction's snapshot was taken (TRUNCATE, ALTER
-- TABLE): their files are others now, which hold no row that the snapshot sees.
SELECT n.nspname || '.' || c.relname AS relation
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = ANY ($1::oid[]) AND c.relfilenode <> 0 AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid)
ORDER BY 1
