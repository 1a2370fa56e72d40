-- Extended statistics objects. The server prints their columns as they follow in the table; here they stand by name.
SELECT s.tableoid AS class, s.oid AS oid, 0 AS subid,
       'statistics' AS kind, n.nspname AS schema, s.stxname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(s.stxowner) AS owner,
       ARRAY[cn.nspname::text, c.relname::text] AS table,
       pg_catalog.left(printed.definition, head.length) || COALESCE(k.by_name, '')
       || pg_catalog.substr(printed.definition, head.length + COALESCE(pg_catalog.length(k.plain), 0) + 1) AS definition,
       CASE WHEN s.target >= 0 THEN s.target END AS statistics
FROM (SELECT -1 AS stxstattarget) AS absent
CROSS JOIN LATERAL
     (SELECT tableoid, oid, stxname, stxnamespace, stxowner, stxrelid, stxkeys, stxstattarget::int AS target
      FROM pg_catalog.pg_statistic_ext) AS s
CROSS JOIN LATERAL
     (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attname COLLATE "C") AS by_name,
             pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) AS plain
      FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys::int2[])) AS k
JOIN pg_catalog.pg_class AS c ON c.oid = s.stxrelid
JOIN pg_catalog.pg_namespace AS cn ON cn.oid = c.relnamespace
JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace
CROSS JOIN LATERAL
     (SELECT pg_catalog.pg_get_statisticsobjdef(s.oid) AS definition,
             pg_catalog.length(pg_catalog.format('CREATE STATISTICS %I.%I', n.nspname, s.stxname)) AS named) AS printed
CROSS JOIN LATERAL
     (SELECT printed.named + pg_catalog.length(' ON ') - 1
             + pg_catalog.strpos(pg_catalog.substr(printed.definition, printed.named + 1), ' ON ') AS length) AS head
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = s.tableoid AND e.objid = s.oid AND e.deptype = 'e')
ORDER BY n.nspname, s.stxname
