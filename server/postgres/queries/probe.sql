-- What a database is, at a glance: version, size in bytes, its own tables (a partitioned one counts once),
-- and whether the role is a superuser. Leaves out system schemas, temporary tables, pgferry's own
-- records and what extensions own.
SELECT
    pg_catalog.current_setting('server_version') AS server_version,
    pg_catalog.pg_database_size(pg_catalog.current_database()) AS size_bytes,
    (
        SELECT count(*)
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p')
          AND NOT c.relispartition
          AND n.nspname NOT LIKE 'pg\_%'
          AND n.nspname NOT IN ('information_schema', 'pgferry')
          AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_depend AS d
              WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                AND d.objid = c.oid
                AND d.deptype = 'e'
          )
    ) AS tables,
    (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user) AS superuser
