-- What pgferry does not model, by name, so that it is never silently dropped.
-- A name says enough of the thing that two different ones do not look alike.
SELECT 'relation in a system schema' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid >= 16384 AND n.nspname IN ('pg_catalog', 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = c.tableoid AND e.objid = c.oid AND e.deptype = 'e')
UNION ALL
SELECT 'operator without a function', o.oid::pg_catalog.regoperator::text
FROM pg_catalog.pg_operator AS o
WHERE o.oid >= 16384 AND o.oprcode::oid = 0
UNION ALL
SELECT 'function in a system schema', p.oid::pg_catalog.regprocedure::text
FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.oid >= 16384 AND n.nspname IN ('pg_catalog', 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = p.tableoid AND e.objid = p.oid AND e.deptype = 'e')
UNION ALL
SELECT 'grants on a system object',
       pg_catalog.format('%s: %s', pg_catalog.pg_describe_object(o.class, o.oid, o.sub), o.acl)
FROM (SELECT c.tableoid, c.oid, 0, c.relacl FROM pg_catalog.pg_class AS c
      WHERE c.relacl IS NOT NULL AND c.oid < 16384 AND c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace
      UNION ALL
      SELECT c.tableoid, c.oid, a.attnum, a.attacl
      FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
      WHERE a.attacl IS NOT NULL AND c.oid < 16384 AND c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace
      UNION ALL
      SELECT p.tableoid, p.oid, 0, p.proacl FROM pg_catalog.pg_proc AS p WHERE p.proacl IS NOT NULL AND p.oid < 16384
      UNION ALL
      SELECT t.tableoid, t.oid, 0, t.typacl FROM pg_catalog.pg_type AS t WHERE t.typacl IS NOT NULL AND t.oid < 16384
     ) AS o (class, oid, sub, acl)
LEFT JOIN pg_catalog.pg_init_privs AS i ON i.classoid = o.class AND i.objoid = o.oid AND i.objsubid = o.sub
WHERE o.acl IS DISTINCT FROM i.initprivs
UNION ALL
SELECT 'privileges on a column of a member of an extension',
       pg_catalog.format('%s: %s', pg_catalog.pg_describe_object(c.tableoid, c.oid, a.attnum), a.attacl)
FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
WHERE a.attacl IS NOT NULL AND c.oid >= 16384
  AND EXISTS (SELECT FROM pg_catalog.pg_depend AS e
              WHERE e.classid = c.tableoid AND e.objid = c.oid AND e.objsubid = 0 AND e.deptype = 'e')
  AND a.attacl IS DISTINCT FROM (SELECT i.initprivs FROM pg_catalog.pg_init_privs AS i
                                 WHERE i.classoid = c.tableoid AND i.objoid = c.oid AND i.objsubid = a.attnum)
ORDER BY 1, 2
