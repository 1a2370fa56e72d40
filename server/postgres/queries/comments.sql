-- Every comment on something of the user's own; extension members are left out, and large objects, which are data.
-- Those on NOT NULL stand with its column or domain.
-- PostgreSQL leaves the comments of dropped subscriptions behind; before 14 only the view shows everybody their oids.
SELECT d.classoid AS class, d.objoid AS oid, d.objsubid AS subid, d.description
FROM pg_catalog.pg_description AS d
WHERE (d.objoid >= 16384 OR (d.classoid = 2615 AND d.objoid = 2200))
  AND NOT (d.classoid = 2615 AND d.description = 'standard public schema'
           AND d.objoid = (SELECT n.oid FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'public'))
  AND d.classoid <> 2613
  AND (d.classoid <> 2606 OR NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                                         WHERE k.oid = d.objoid AND k.contype = 'n'))
  AND (d.classoid <> 6100 OR EXISTS (SELECT FROM pg_catalog.pg_stat_subscription AS s WHERE s.subid = d.objoid))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')
ORDER BY 1, 2, 3
