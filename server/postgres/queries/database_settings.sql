-- Settings that the database $1 gives its sessions (ALTER DATABASE … SET), which a copy from a template does not get.
SELECT pg_catalog.split_part(c.setting, '=', 1) AS name,
    pg_catalog.substr(c.setting, pg_catalog.strpos(c.setting, '=') + 1) AS value
FROM pg_catalog.pg_db_role_setting AS r
JOIN pg_catalog.pg_database AS d ON d.oid = r.setdatabase
CROSS JOIN LATERAL unnest(r.setconfig) AS c (setting)
WHERE d.datname = $1 AND r.setrole = 0
ORDER BY 1
