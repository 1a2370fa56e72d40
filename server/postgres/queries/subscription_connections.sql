-- The subscriptions of this database, each with a digest of its connection string that is salted with $1: it tells two of
-- them apart in this one call, and nothing to anybody else.
SELECT s.subname::text, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to($1 || s.subconninfo, 'UTF8')), 'hex')
FROM pg_catalog.pg_subscription AS s
WHERE s.subdbid = (SELECT b.oid FROM pg_catalog.pg_database AS b WHERE b.datname = pg_catalog.current_database())
ORDER BY 1
