-- Operator classes with the operators and functions that are theirs. `sub` is the access method.
SELECT o.tableoid AS class, o.oid AS oid, 0 AS subid,
       'operator_class' AS kind, n.nspname AS schema, o.opcname AS name, am.amname AS sub,
       pg_catalog.pg_get_userbyid(o.opcowner) AS owner,
       pg_catalog.format_type(o.opcintype, NULL) AS type,
       CASE WHEN o.opcdefault THEN true END AS is_default,
       ARRAY[fn.nspname::text, f.opfname::text] AS family,
       CASE WHEN o.opckeytype <> 0 THEN pg_catalog.format_type(o.opckeytype, NULL) END AS storage,
       (SELECT pg_catalog.array_agg(w.item ORDER BY w.item) FROM (
            SELECT 'OPERATOR ' || ao.amopstrategy || ' ' || ao.amopopr::pg_catalog.regoperator::text
                   || CASE WHEN ao.amopsortfamily <> 0 THEN
                        (SELECT pg_catalog.format(' FOR ORDER BY %I.%I', sfn.nspname, sf.opfname)
                         FROM pg_catalog.pg_opfamily AS sf JOIN pg_catalog.pg_namespace AS sfn ON sfn.oid = sf.opfnamespace
                         WHERE sf.oid = ao.amopsortfamily) ELSE '' END AS item
            FROM pg_catalog.pg_amop AS ao
            JOIN pg_catalog.pg_depend AS ad ON ad.classid = ao.tableoid AND ad.objid = ao.oid
            WHERE ad.refclassid = o.tableoid AND ad.refobjid = o.oid AND ad.deptype = 'i'
            UNION ALL
            SELECT 'FUNCTION ' || ap.amprocnum || ' (' || pg_catalog.format_type(ap.amproclefttype, NULL) || ', '
                   || pg_catalog.format_type(ap.amprocrighttype, NULL) || ') '
                   || ap.amproc::oid::pg_catalog.regprocedure::text
            FROM pg_catalog.pg_amproc AS ap
            JOIN pg_catalog.pg_depend AS ad ON ad.classid = ap.tableoid AND ad.objid = ap.oid
            WHERE ad.refclassid = o.tableoid AND ad.refobjid = o.oid AND ad.deptype = 'i') AS w) AS members
FROM pg_catalog.pg_opclass AS o
JOIN pg_catalog.pg_namespace AS n ON n.oid = o.opcnamespace
JOIN pg_catalog.pg_am AS am ON am.oid = o.opcmethod
JOIN pg_catalog.pg_opfamily AS f ON f.oid = o.opcfamily
JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.opfnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = o.tableoid AND e.objid = o.oid AND e.deptype = 'e')
ORDER BY n.nspname, o.opcname, am.amname
