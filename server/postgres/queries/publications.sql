-- Publications; their tables and schemas come from their own questions.
SELECT p.tableoid AS class, p.oid AS oid, 0 AS subid,
       'publication' AS kind, '' AS schema, p.pubname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(p.pubowner) AS owner,
       CASE WHEN p.puballtables THEN true END AS all_tables,
       pg_catalog.array_remove(ARRAY[CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
                                     CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END],
                               NULL) AS publish,
       CASE WHEN p.via_root THEN true END AS via_partition_root,
       CASE WHEN p.generated = 's' THEN 'stored' END AS generated_columns
FROM (SELECT false AS pubviaroot, 'n'::"char" AS pubgencols) AS absent
CROSS JOIN LATERAL
     (SELECT pg_publication.tableoid, pg_publication.*, pubviaroot AS via_root, pubgencols AS generated
      FROM pg_catalog.pg_publication) AS p
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
                  WHERE e.classid = p.tableoid AND e.objid = p.oid AND e.deptype = 'e')
ORDER BY p.pubname
