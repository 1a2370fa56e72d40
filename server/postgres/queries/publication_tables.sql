-- The tables of publications. `sub` is the table.
SELECT r.tableoid AS class, r.oid AS oid, 0 AS subid,
       'publication_table' AS kind, '' AS schema, p.pubname AS name,
       pg_catalog.format('%I.%I', n.nspname, c.relname) AS sub,
       pg_catalog.pg_get_expr(r.qualification, r.prrelid) AS predicate,
       (SELECT pg_catalog.array_agg(a.attname ORDER BY a.attname)
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.attributes)) AS columns
FROM (SELECT NULL::pg_node_tree AS prqual, NULL::int2vector AS prattrs) AS absent
CROSS JOIN LATERAL
     (SELECT tableoid, oid, prpubid, prrelid, prqual AS qualification, prattrs AS attributes
      FROM pg_catalog.pg_publication_rel) AS r
JOIN pg_catalog.pg_publication AS p ON p.oid = r.prpubid
JOIN pg_catalog.pg_class AS c ON c.oid = r.prrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY p.pubname, sub
