-- Operators, by part. `sub` is the operand types.
SELECT o.tableoid AS class, o.oid AS oid, 0 AS subid,
       'operator' AS kind, n.nspname AS schema, o.oprname AS name,
       '(' || CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprleft, NULL) END || ', '
           || CASE WHEN o.oprright = 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprright, NULL) END || ')' AS sub,
       pg_catalog.pg_get_userbyid(o.oprowner) AS owner,
       o.oprcode::pg_catalog.regprocedure::text AS function,
       CASE WHEN o.oprcom <> 0 THEN o.oprcom::pg_catalog.regoperator::text END AS commutator,
       CASE WHEN o.oprnegate <> 0 THEN o.oprnegate::pg_catalog.regoperator::text END AS negator,
       NULLIF(o.oprrest::text, '-') AS restrict_function,
       NULLIF(o.oprjoin::text, '-') AS join_function,
       CASE WHEN o.oprcanmerge THEN true END AS merges,
       CASE WHEN o.oprcanhash THEN true END AS hashes
FROM pg_catalog.pg_operator AS o
JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
WHERE o.oprcode::oid <> 0 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = o.tableoid AND e.objid = o.oid AND e.deptype = 'e')
ORDER BY n.nspname, o.oprname, sub
