-- Which questions about the schema may have an answer: one column for each that is often in vain, named after it.
-- What users make has an oid of 16384 or more.
SELECT
    EXISTS (SELECT FROM pg_catalog.pg_language WHERE oid >= 16384) AS languages,
    EXISTS (SELECT FROM pg_catalog.pg_am WHERE oid >= 16384) AS access_methods,
    EXISTS (SELECT FROM pg_catalog.pg_enum WHERE oid >= 16384) AS enums,
    EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid >= 16384 AND relkind = 'c') AS composites,
    t.domains,
    t.domains AS domain_constraints,
    EXISTS (SELECT FROM pg_catalog.pg_range WHERE rngtypid >= 16384) AS ranges,
    t.others AS base_types,
    EXISTS (SELECT FROM pg_catalog.pg_collation WHERE oid >= 16384) AS collations,
    EXISTS (SELECT FROM pg_catalog.pg_conversion WHERE oid >= 16384) AS conversions,
    EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid >= 16384 AND relkind = 'S') AS sequences,
    EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE oid >= 16384 AND NOT tgisinternal) AS triggers,
    EXISTS (SELECT FROM pg_catalog.pg_rewrite WHERE oid >= 16384 AND rulename <> '_RETURN') AS rules,
    EXISTS (SELECT FROM pg_catalog.pg_policy WHERE oid >= 16384) AS policies,
    EXISTS (SELECT FROM pg_catalog.pg_proc WHERE oid >= 16384) AS routines,
    EXISTS (SELECT FROM pg_catalog.pg_aggregate WHERE aggfnoid::oid >= 16384) AS aggregates,
    EXISTS (SELECT FROM pg_catalog.pg_operator WHERE oid >= 16384) AS operators,
    EXISTS (SELECT FROM pg_catalog.pg_opfamily WHERE oid >= 16384) AS operator_families,
    EXISTS (SELECT FROM pg_catalog.pg_opclass WHERE oid >= 16384) AS operator_classes,
    EXISTS (SELECT FROM pg_catalog.pg_cast WHERE oid >= 16384) AS casts,
    EXISTS (SELECT FROM pg_catalog.pg_transform) AS transforms,
    EXISTS (SELECT FROM pg_catalog.pg_ts_config WHERE oid >= 16384)
        OR EXISTS (SELECT FROM pg_catalog.pg_ts_dict WHERE oid >= 16384)
        OR EXISTS (SELECT FROM pg_catalog.pg_ts_parser WHERE oid >= 16384)
        OR EXISTS (SELECT FROM pg_catalog.pg_ts_template WHERE oid >= 16384) AS text_search,
    EXISTS (SELECT FROM pg_catalog.pg_statistic_ext) AS statistics,
    EXISTS (SELECT FROM pg_catalog.pg_foreign_data_wrapper) AS foreign_servers,
    EXISTS (SELECT FROM pg_catalog.pg_foreign_server) AS user_mappings,
    p.publications,
    p.publications AS publication_tables,
    p.publications AS publication_schemas,
    EXISTS (SELECT FROM pg_catalog.pg_subscription) AS subscriptions,
    EXISTS (SELECT FROM pg_catalog.pg_event_trigger) AS event_triggers,
    EXISTS (SELECT FROM pg_catalog.pg_default_acl) AS default_privileges,
    EXISTS (SELECT FROM pg_catalog.pg_seclabel) AS security_labels,
    EXISTS (SELECT FROM pg_catalog.pg_extension WHERE oid >= 16384)
        OR EXISTS (SELECT FROM pg_catalog.pg_proc AS f
                   JOIN pg_catalog.pg_depend AS e ON e.classid = f.tableoid AND e.objid = f.oid AND e.deptype = 'e'
                   WHERE f.oid < 16384 AND f.proacl IS NOT NULL) AS extension_members
FROM (
    SELECT COALESCE(pg_catalog.bool_or(y.typtype = 'd'), false) AS domains,
           COALESCE(pg_catalog.bool_or(y.typtype = 'p' OR (y.typtype = 'b' AND NOT (y.typcategory = 'A' AND y.typelem <> 0))),
                    false) AS others
    FROM pg_catalog.pg_type AS y
    WHERE y.oid >= 16384) AS t
CROSS JOIN (SELECT EXISTS (SELECT FROM pg_catalog.pg_publication) AS publications) AS p
