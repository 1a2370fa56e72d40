-- Who is connected to the database $1: process, application, role, state and since when; no query text.
SELECT a.pid, a.application_name, a.usename, coalesce(a.state, a.backend_type) AS state,
    pg_catalog.date_trunc('second', a.backend_start)::text AS since
FROM pg_catalog.pg_stat_activity AS a
WHERE a.datname = $1 AND a.pid <> pg_catalog.pg_backend_pid()
ORDER BY a.backend_start
LIMIT 20
