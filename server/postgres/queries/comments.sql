-- Every comment on something of the user's own; extension members are left out.
SELECT d.classoid AS class, d.objoid AS oid, d.objsubid AS subid, d.description
FROM pg_catalog.pg_description AS d
WHERE (d.objoid >= 16384 OR (d.classoid = 2615 AND d.objoid = 2200 AND d.description <> 'standard public schema'))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')
ORDER BY 1, 2, 3
