-- Whether the server is a standby, and whether the role may create temporary tables in this database.
SELECT
    pg_catalog.pg_is_in_recovery() AS standby,
    pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY') AS allowed
