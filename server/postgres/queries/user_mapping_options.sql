-- User mappings, each with a digest of its options that is salted with $1: it tells two of them apart in this one call, and
-- nothing to anybody else. No digest where the view, which decides that by role, may hide the options.
SELECT m.srvname::text, CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE m.usename::text END,
       CASE WHEN pg_catalog.pg_has_role(s.srvowner, 'USAGE') OR m.umoptions IS NOT NULL THEN
           pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to($1 || COALESCE(
               (SELECT pg_catalog.string_agg(pg_catalog.quote_literal(o), ',' ORDER BY o)
                FROM pg_catalog.unnest(m.umoptions) AS o), ''), 'UTF8')), 'hex') END
FROM pg_catalog.pg_user_mappings AS m JOIN pg_catalog.pg_foreign_server AS s ON s.oid = m.srvid
ORDER BY 1, 2
