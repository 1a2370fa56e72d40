-- Range types by part; the multirange belongs to its range.
SELECT t.tableoid AS class, t.oid AS oid, 0 AS subid,
       'range' AS kind, n.nspname AS schema, t.typname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(t.typowner) AS owner,
       pg_catalog.format_type(r.rngsubtype, NULL) AS subtype,
       CASE WHEN NOT oc.opcdefault THEN
           (SELECT pg_catalog.format('%I.%I', ocn.nspname, oc.opcname) FROM pg_catalog.pg_namespace AS ocn
            WHERE ocn.oid = oc.opcnamespace) END AS subtype_operator_class,
       CASE WHEN r.rngcollation <> b.typcollation THEN
           (SELECT pg_catalog.format('%I.%I', cn.nspname, co.collname)
            FROM pg_catalog.pg_collation AS co JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace
            WHERE co.oid = r.rngcollation) END AS collation,
       NULLIF(r.rngcanonical::text, '-') AS canonical,
       NULLIF(r.rngsubdiff::text, '-') AS subtype_diff,
       CASE WHEN r.multirange <> 0 THEN pg_catalog.format_type(r.multirange, NULL) END AS multirange
FROM (SELECT 0::oid AS rngmultitypid) AS absent
CROSS JOIN LATERAL
     (SELECT rngtypid, rngsubtype, rngcollation, rngsubopc, rngcanonical, rngsubdiff, rngmultitypid AS multirange
      FROM pg_catalog.pg_range) AS r
JOIN pg_catalog.pg_type AS t ON t.oid = r.rngtypid
JOIN pg_catalog.pg_type AS b ON b.oid = r.rngsubtype
JOIN pg_catalog.pg_opclass AS oc ON oc.oid = r.rngsubopc
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = t.tableoid AND e.objid = t.oid AND e.deptype = 'e')
ORDER BY n.nspname, t.typname
