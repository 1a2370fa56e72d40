-- Whether values of the types in $1 fit the types in $2, pair by pair, by PostgreSQL's own casts: yes, depends (on the
-- values) or no. A type that the server does not know depends.
WITH pair AS (
    SELECT given, wanted, place, pg_catalog.to_regtype(pg_catalog.regexp_replace(given, '\(.*\)', '')) AS source,
           pg_catalog.to_regtype(pg_catalog.regexp_replace(wanted, '\(.*\)', '')) AS target
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS listed(given, wanted, place))
SELECT CASE
         WHEN p.source IS NULL OR p.target IS NULL THEN 'depends'
         WHEN p.source = p.target THEN
             CASE WHEN p.wanted !~ '\(' THEN 'yes' ELSE 'depends' END
         WHEN k.castcontext = 'i' AND p.wanted !~ '\(' THEN 'yes'
         WHEN k.castcontext IS NOT NULL THEN 'depends'
         WHEN s.typcategory = 'S' THEN 'depends'
         WHEN t.typcategory = 'S' THEN CASE WHEN p.wanted ~ '\(' THEN 'depends' ELSE 'yes' END
         WHEN s.typtype = 'd' OR t.typtype IN ('d', 'e') OR s.typtype = 'e' THEN 'depends'
         WHEN s.typcategory = t.typcategory THEN 'depends'
         WHEN t.typcategory = 'U' OR s.typcategory = 'U' THEN 'depends'
         ELSE 'no'
       END AS fits
FROM pair AS p
LEFT JOIN pg_catalog.pg_type AS s ON s.oid = p.source
LEFT JOIN pg_catalog.pg_type AS t ON t.oid = p.target
LEFT JOIN pg_catalog.pg_cast AS k ON k.castsource = p.source AND k.casttarget = p.target
ORDER BY p.place
