-- The rights on the database $1 where they are not the default: right, role (NULL: everybody), whether with the option
-- to pass it on. One row without a right where nobody has any.
SELECT a.privilege_type, r.rolname::text, a.is_grantable
FROM pg_catalog.pg_database AS d
LEFT JOIN LATERAL pg_catalog.aclexplode(d.datacl) AS a ON true
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
WHERE d.datname = $1 AND d.datacl IS NOT NULL
ORDER BY 1, 2
