-- Every security label: provider=label.
SELECT l.classoid AS class, l.objoid AS oid, l.objsubid AS subid,
       pg_catalog.array_agg(l.provider || '=' || l.label ORDER BY l.provider) AS labels
FROM pg_catalog.pg_seclabel AS l
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
