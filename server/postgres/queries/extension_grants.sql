-- Members of extensions whose privileges are not those that the extension gave them, with the privileges they have.
SELECT 'privileges on a member of an extension' AS kind,
       pg_catalog.format('%s %s', (SELECT i.identity FROM pg_catalog.pg_identify_object(o.class, o.oid, 0) AS i),
                         COALESCE(o.acl::text, 'default')) AS name
FROM (
    SELECT c.tableoid AS class, c.oid, c.relacl AS acl FROM pg_catalog.pg_class AS c
    UNION ALL
    SELECT p.tableoid, p.oid, p.proacl FROM pg_catalog.pg_proc AS p
    UNION ALL
    SELECT t.tableoid, t.oid, t.typacl FROM pg_catalog.pg_type AS t
    UNION ALL
    SELECT n.tableoid, n.oid, n.nspacl FROM pg_catalog.pg_namespace AS n
) AS o
WHERE EXISTS (SELECT FROM pg_catalog.pg_depend AS e
              WHERE e.classid = o.class AND e.objid = o.oid AND e.objsubid = 0 AND e.deptype = 'e')
  AND o.acl IS DISTINCT FROM (SELECT b.initprivs FROM pg_catalog.pg_init_privs AS b
                              WHERE b.classoid = o.class AND b.objoid = o.oid AND b.objsubid = 0)
ORDER BY 2
