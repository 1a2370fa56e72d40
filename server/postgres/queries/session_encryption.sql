-- Whether GSS encrypts this session; TLS is known to the client.
-- since 12
SELECT g.encrypted
FROM pg_catalog.pg_stat_gssapi AS g
WHERE g.pid = pg_catalog.pg_backend_pid()
