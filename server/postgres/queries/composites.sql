-- Free-standing composite types; each attribute is name, type, collation ('' for the type's own).
SELECT t.tableoid AS class, t.oid AS oid, 0 AS subid,
       'composite' AS kind, n.nspname AS schema, t.typname AS name, '' AS sub,
       t.typrelid AS _relation,
       pg_catalog.pg_get_userbyid(t.typowner) AS owner,
       ARRAY(SELECT ARRAY[a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),
                          CASE WHEN a.attcollation <> b.typcollation THEN
                              (SELECT pg_catalog.format('%I.%I', cn.nspname, co.collname)
                               FROM pg_catalog.pg_collation AS co
                               JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace
                               WHERE co.oid = a.attcollation) ELSE '' END]
             FROM pg_catalog.pg_attribute AS a
             JOIN pg_catalog.pg_type AS b ON b.oid = a.atttypid
             WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
             ORDER BY a.attnum) AS attributes
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
WHERE t.typtype = 'c' AND c.relkind = 'c' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = t.tableoid AND e.objid = t.oid AND e.deptype = 'e')
ORDER BY n.nspname, t.typname
