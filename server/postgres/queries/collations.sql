-- Collations, without the version of the library that a server happens to have.
SELECT c.tableoid AS class, c.oid AS oid, 0 AS subid,
       'collation' AS kind, n.nspname AS schema, c.collname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(c.collowner) AS owner,
       CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' WHEN 'b' THEN 'builtin' WHEN 'd' THEN 'default' END
           AS provider,
       COALESCE(c.new_locale, c.icu_locale, CASE WHEN c.collprovider = 'i' THEN c.old_collate END) AS locale,
       CASE WHEN c.collprovider <> 'i' THEN c.old_collate END AS lc_collate,
       CASE WHEN c.collprovider <> 'i' THEN c.old_ctype END AS lc_ctype,
       c.rules AS rules,
       CASE WHEN NOT c.collisdeterministic THEN true END AS nondeterministic
FROM (SELECT NULL::text AS collicurules, NULL::text AS colllocale, NULL::text AS colliculocale) AS absent
CROSS JOIN LATERAL
     (SELECT tableoid, oid, collname, collnamespace, collowner, collprovider, collisdeterministic,
             collcollate::text AS old_collate, collctype::text AS old_ctype,
             collicurules AS rules, colllocale::text AS new_locale, colliculocale::text AS icu_locale
      FROM pg_catalog.pg_collation) AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = c.tableoid AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY n.nspname, c.collname
