-- Text-search configurations (with their mappings), dictionaries, parsers and templates.
SELECT c.tableoid AS class, c.oid AS oid, 0 AS subid,
       'text_search_configuration' AS kind, n.nspname AS schema, c.cfgname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(c.cfgowner) AS owner,
       (SELECT pg_catalog.format('%I.%I', pn.nspname, p.prsname)
        FROM pg_catalog.pg_ts_parser AS p JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.prsnamespace
        WHERE p.oid = c.cfgparser) AS parser,
       (SELECT pg_catalog.array_agg(m.item ORDER BY m.item) FROM
           (SELECT tt.alias || ' WITH '
                   || pg_catalog.string_agg(m.mapdict::pg_catalog.regdictionary::text, ', ' ORDER BY m.mapseqno) AS item
            FROM pg_catalog.pg_ts_config_map AS m
            JOIN pg_catalog.ts_token_type(c.cfgparser) AS tt ON tt.tokid = m.maptokentype
            WHERE m.mapcfg = c.oid GROUP BY tt.alias) AS m) AS mappings,
       NULL::text AS template, NULL::text AS dictionary_options, NULL::text[] AS functions
FROM pg_catalog.pg_ts_config AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.cfgnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = c.tableoid AND e.objid = c.oid AND e.deptype = 'e')
UNION ALL
SELECT d.tableoid, d.oid, 0, 'text_search_dictionary', n.nspname, d.dictname, '',
       pg_catalog.pg_get_userbyid(d.dictowner), NULL, NULL::text[],
       (SELECT pg_catalog.format('%I.%I', tn.nspname, t.tmplname)
        FROM pg_catalog.pg_ts_template AS t JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.tmplnamespace
        WHERE t.oid = d.dicttemplate),
       d.dictinitoption, NULL
FROM pg_catalog.pg_ts_dict AS d
JOIN pg_catalog.pg_namespace AS n ON n.oid = d.dictnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = d.tableoid AND e.objid = d.oid AND e.deptype = 'e')
UNION ALL
SELECT p.tableoid, p.oid, 0, 'text_search_parser', n.nspname, p.prsname, '', NULL, NULL, NULL::text[], NULL, NULL,
       ARRAY['START = ' || p.prsstart::text, 'GETTOKEN = ' || p.prstoken::text, 'END = ' || p.prsend::text,
             'HEADLINE = ' || p.prsheadline::text, 'LEXTYPES = ' || p.prslextype::text]
FROM pg_catalog.pg_ts_parser AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.prsnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = p.tableoid AND e.objid = p.oid AND e.deptype = 'e')
UNION ALL
SELECT t.tableoid, t.oid, 0, 'text_search_template', n.nspname, t.tmplname, '', NULL, NULL, NULL::text[], NULL, NULL,
       ARRAY['INIT = ' || t.tmplinit::text, 'LEXIZE = ' || t.tmpllexize::text]
FROM pg_catalog.pg_ts_template AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.tmplnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = t.tableoid AND e.objid = t.oid AND e.deptype = 'e')
ORDER BY 4, 5, 6
