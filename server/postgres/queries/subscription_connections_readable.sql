-- Whether the role may read the connection strings of subscriptions, as superusers may.
SELECT pg_catalog.has_column_privilege('pg_catalog.pg_subscription', 'subconninfo', 'SELECT')
