-- Which of the tables $2 of the schemas $1 were emptied or written anew since this transaction's snapshot was taken
-- (TRUNCATE, ALTER TABLE), or a partition of theirs: the files are others now, which hold no row that the snapshot sees.
WITH RECURSIVE piece (root, oid) AS (
    SELECT c.oid, c.oid
    FROM unnest($1::text[], $2::text[]) AS w (schema, name)
    JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.name
    UNION ALL
    SELECT p.root, i.inhrelid
    FROM piece AS p
    JOIN pg_catalog.pg_class AS c ON c.oid = p.oid AND c.relkind = 'p'
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = p.oid
)
SELECT DISTINCT n.nspname || '.' || r.relname AS relation
FROM piece AS p
JOIN pg_catalog.pg_class AS c ON c.oid = p.oid
JOIN pg_catalog.pg_class AS r ON r.oid = p.root
JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
WHERE c.relfilenode <> 0 AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(p.oid)
ORDER BY 1
