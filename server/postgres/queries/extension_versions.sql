-- The versions of extensions that could be made here.
SELECT v.name::text, v.version FROM pg_catalog.pg_available_extension_versions AS v ORDER BY 1, 2
