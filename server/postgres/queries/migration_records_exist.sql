-- Whether the table of applied migrations is there and may be read.
SELECT COALESCE(pg_catalog.has_table_privilege(pg_catalog.to_regclass('pgferry.migrations'), 'SELECT'), false) AS exists
