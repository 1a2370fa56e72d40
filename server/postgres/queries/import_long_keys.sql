-- Indexes of table $1 (an oid) whose entries have no fixed length: name, how one is made anew (what follows ON and the
-- table), and each column or expression of an entry.
SELECT COALESCE(k.conname, c.relname)::text AS name,
       pg_catalog.substr(pg_catalog.pg_get_indexdef(x.indexrelid), pg_catalog.length(pg_catalog.format(
           'CREATE %sINDEX %I ON %s%I.%I ', CASE WHEN x.indisunique THEN 'UNIQUE ' ELSE '' END, c.relname,
           CASE WHEN c.relkind = 'I' THEN 'ONLY ' ELSE '' END, n.nspname, t.relname)) + 1) AS making,
       ARRAY(SELECT pg_catalog.pg_get_indexdef(x.indexrelid, place, false)
             FROM pg_catalog.generate_series(1, x.indnatts) AS place ORDER BY place) AS expressions
FROM pg_catalog.pg_index AS x
JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid
JOIN pg_catalog.pg_class AS t ON t.oid = x.indrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
LEFT JOIN pg_catalog.pg_constraint AS k ON k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x')
WHERE x.indrelid = $1::oid
  AND EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = x.indexrelid AND a.attlen < 0)
ORDER BY 1
