-- Whether the database of the name $1 has subscriptions.
SELECT EXISTS (SELECT FROM pg_catalog.pg_subscription AS s JOIN pg_catalog.pg_database AS b ON b.oid = s.subdbid
               WHERE b.datname = $1)
