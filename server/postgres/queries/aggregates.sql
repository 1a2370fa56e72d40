-- Aggregates, by part.
SELECT p.tableoid AS class, p.oid AS oid, 0 AS subid,
       'aggregate' AS kind, n.nspname AS schema, p.proname AS name,
       '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' AS sub,
       pg_catalog.pg_get_userbyid(p.proowner) AS owner,
       pg_catalog.pg_get_function_arguments(p.oid) AS arguments,
       pg_catalog.pg_get_function_result(p.oid) AS returns,
       CASE a.aggkind WHEN 'o' THEN 'ordered-set' WHEN 'h' THEN 'hypothetical' END AS aggregate_kind,
       a.aggtransfn::text AS state_function,
       pg_catalog.format_type(a.aggtranstype, NULL) AS state_type,
       NULLIF(a.aggtransspace, 0) AS state_space,
       NULLIF(a.aggfinalfn::text, '-') AS final_function,
       CASE WHEN a.aggfinalextra THEN true END AS final_extra,
       a.aggfinalmodify::text AS final_modify,
       NULLIF(a.aggcombinefn::text, '-') AS combine_function,
       NULLIF(a.aggserialfn::text, '-') AS serial_function,
       NULLIF(a.aggdeserialfn::text, '-') AS deserial_function,
       a.agginitval AS initial_state,
       NULLIF(a.aggmtransfn::text, '-') AS moving_state_function,
       NULLIF(a.aggminvtransfn::text, '-') AS moving_inverse_function,
       CASE WHEN a.aggmtranstype <> 0 THEN pg_catalog.format_type(a.aggmtranstype, NULL) END AS moving_state_type,
       NULLIF(a.aggmtransspace, 0) AS moving_state_space,
       NULLIF(a.aggmfinalfn::text, '-') AS moving_final_function,
       CASE WHEN a.aggmfinalextra THEN true END AS moving_final_extra,
       CASE WHEN a.aggmtransfn::oid <> 0 THEN a.aggmfinalmodify::text END AS moving_final_modify,
       a.aggminitval AS moving_initial_state,
       CASE WHEN a.aggsortop <> 0 THEN a.aggsortop::pg_catalog.regoperator::text END AS sort_operator,
       CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END AS parallel
FROM pg_catalog.pg_aggregate AS a
JOIN pg_catalog.pg_proc AS p ON p.oid = a.aggfnoid
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = p.tableoid AND e.objid = p.oid AND e.deptype = 'e')
ORDER BY n.nspname, p.proname, sub
