-- Base types and shell types, by part.
SELECT t.tableoid AS class, t.oid AS oid, 0 AS subid,
       CASE WHEN t.typisdefined THEN 'base_type' ELSE 'shell_type' END AS kind,
       n.nspname AS schema, t.typname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(t.typowner) AS owner,
       NULLIF(t.typinput::text, '-') AS input, NULLIF(t.typoutput::text, '-') AS output,
       NULLIF(t.typreceive::text, '-') AS receive, NULLIF(t.typsend::text, '-') AS send,
       NULLIF(t.typmodin::text, '-') AS typmod_in, NULLIF(t.typmodout::text, '-') AS typmod_out,
       NULLIF(t.typanalyze::text, '-') AS "analyze", NULLIF(t.subscript::text, '-') AS subscript,
       t.typlen::int AS length, CASE WHEN t.typbyval THEN true END AS by_value,
       t.typalign::text AS alignment, t.typstorage::text AS storage,
       t.typcategory::text AS category, CASE WHEN t.typispreferred THEN true END AS preferred,
       t.typdelim::text AS delimiter, t.typdefault AS default,
       CASE WHEN t.typelem <> 0 THEN pg_catalog.format_type(t.typelem, NULL) END AS element,
       CASE WHEN t.typcollation <> 0 THEN true END AS collatable
FROM (SELECT NULL::regproc AS typsubscript) AS absent
CROSS JOIN LATERAL (SELECT pg_type.tableoid, pg_type.*, typsubscript AS subscript FROM pg_catalog.pg_type) AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE (t.typtype = 'p' OR (t.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS el WHERE el.typarray = t.oid)))
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = t.tableoid AND e.objid = t.oid AND e.deptype = 'e')
ORDER BY n.nspname, t.typname
