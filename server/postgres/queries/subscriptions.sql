-- Subscriptions of this database, without their connection strings, which may hold passwords and are never read as facts.
SELECT 6100 AS class, s.oid AS oid, 0 AS subid,
       'subscription' AS kind, '' AS schema, s.subname AS name, '' AS sub,
       pg_catalog.pg_get_userbyid(s.subowner) AS owner,
       (SELECT pg_catalog.array_agg(p::text ORDER BY p) FROM pg_catalog.unnest(s.subpublications) AS p) AS publications,
       CASE WHEN s.subenabled THEN true END AS enabled,
       s.subslotname::text AS slot,
       CASE WHEN s.bin THEN true END AS "binary",
       CASE s.streaming WHEN 'true' THEN 'on' WHEN 't' THEN 'on' WHEN 'p' THEN 'parallel' END AS streaming,
       NULLIF(s.subsynccommit, 'off') AS synchronous_commit,
       CASE WHEN s.two_phase <> 'd' THEN true END AS two_phase,
       CASE WHEN s.on_error THEN true END AS disable_on_error,
       CASE WHEN NOT s.password THEN true END AS password_not_required,
       CASE WHEN s.as_owner THEN true END AS run_as_owner,
       NULLIF(s.origin, 'any') AS origin,
       CASE WHEN s.failover THEN true END AS failover
FROM (SELECT false AS subbinary, false AS substream, 'd'::"char" AS subtwophasestate, false AS subdisableonerr,
             true AS subpasswordrequired, false AS subrunasowner, 'any' AS suborigin, false AS subfailover) AS absent
CROSS JOIN LATERAL
     (SELECT oid, subdbid, subname, subowner, subpublications, subenabled, subslotname, subsynccommit,
             subbinary AS bin, substream::text AS streaming, subtwophasestate AS two_phase,
             subdisableonerr AS on_error, subpasswordrequired AS password, subrunasowner AS as_owner,
             suborigin::text AS origin, subfailover AS failover
      FROM pg_catalog.pg_subscription) AS s
WHERE s.subdbid = (SELECT b.oid FROM pg_catalog.pg_database AS b WHERE b.datname = pg_catalog.current_database())
ORDER BY s.subname
