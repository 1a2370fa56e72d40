-- Other sessions that hold a lock on one of the relations in $1 (oids; NULL: any table that people made): what they do
-- and for how long, never their statements.
SELECT l.relation::regclass::text AS relation, a.pid, COALESCE(a.state, 'unknown') AS state,
       COALESCE(a.application_name, '') AS application,
       COALESCE(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.xact_start), 0)::bigint AS seconds,
       pg_catalog.max(l.mode) AS mode
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_catalog.pg_backend_pid()
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
  AND CASE WHEN $1::oid[] IS NOT NULL THEN l.relation = ANY ($1) ELSE l.relation IN (
      SELECT c.oid FROM pg_catalog.pg_class AS c WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'v', 'S')
  ) END
GROUP BY 1, 2, 3, 4, 5
ORDER BY 5 DESC
