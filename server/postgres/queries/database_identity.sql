-- What tells this database from every other: the cluster's number, when its server started, the database's own oid. NULL
-- where the role may not see the first.
SELECT CASE WHEN pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') THEN
           (SELECT pg_catalog.concat_ws('/', c.system_identifier, pg_catalog.pg_postmaster_start_time(), d.oid)
            FROM pg_catalog.pg_control_system() AS c, pg_catalog.pg_database AS d
            WHERE d.datname = pg_catalog.current_database()) END AS identity
