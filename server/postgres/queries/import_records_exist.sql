-- Whether the table of import records is there and may be read.
SELECT COALESCE(pg_catalog.has_table_privilege(pg_catalog.to_regclass('pgferry.imports'), 'SELECT'), false) AS exists
