-- Who keeps readers from a table: the sessions that hold ACCESS EXCLUSIVE on one or wait for it, and those that a waiting
-- one waits for; their pid, state, program and the age of their transaction in seconds, never their statements. Of the
-- tables that the sessions $1 (pids) or of the program $2 wait for; with $3 of every table.
WITH waiting AS (
    SELECT l.pid, l.relation, l.granted FROM pg_catalog.pg_locks AS l
    WHERE l.pid = ANY ($1::int[])
       OR l.pid IN (SELECT a.pid FROM pg_catalog.pg_stat_activity AS a WHERE a.application_name = NULLIF($2::text, ''))
), exclusive AS (
    SELECT n.nspname || '.' || c.relname AS relation, l.pid, l.granted
    FROM pg_catalog.pg_locks AS l
    JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND c.relkind IN ('r', 'p', 'm', 'v', 'S', 'f')
      AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
      AND l.pid NOT IN (SELECT w.pid FROM waiting AS w) AND l.pid <> ALL ($1::int[])
      AND ($3::bool OR l.relation IN (SELECT w.relation FROM waiting AS w WHERE NOT w.granted))
), holding AS (
    SELECT e.relation, e.pid, CASE WHEN e.granted THEN 'held' ELSE 'wanted' END AS how FROM exclusive AS e
    UNION
    SELECT e.relation, b.pid, 'held' FROM exclusive AS e, unnest(pg_catalog.pg_blocking_pids(e.pid)) AS b (pid)
    WHERE NOT e.granted
)
SELECT h.relation, h.how, h.pid, COALESCE(a.application_name, '') AS application, COALESCE(a.state, 'unknown') AS state,
       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.xact_start)::bigint AS seconds
FROM holding AS h
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = h.pid
ORDER BY h.relation, h.how, seconds DESC NULLS LAST, h.pid
