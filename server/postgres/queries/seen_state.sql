-- since 14
-- What two transactions have in common that see the very same catalogs: the server's run, the database, the role, and
-- the snapshot, which no transaction that has committed since can share. No row where that says too little: beside own
-- changes, where each statement has a snapshot of its own, and on a standby, whose snapshots do not name those in
-- progress. Before 14 the state of an index changed without a transaction's leave.
SELECT ARRAY[pg_catalog.pg_postmaster_start_time()::text, d.oid::text, session_user::text, current_user::text] AS place,
       pg_catalog.pg_current_snapshot()::text AS snapshot
FROM pg_catalog.pg_database AS d
WHERE d.datname = pg_catalog.current_database()
  AND NOT pg_catalog.pg_is_in_recovery()
  AND pg_catalog.pg_current_xact_id_if_assigned() IS NULL
  AND pg_catalog.current_setting('transaction_isolation') = 'repeatable read'
