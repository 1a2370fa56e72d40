-- Encoding and locale of the database $1 as the words of CREATE DATABASE and their values, for one like it made from
-- template0: on 15 and newer also the locale provider, and of others than libc their own locale and rules.
WITH known (facts) AS (
    SELECT pg_catalog.to_jsonb(d.*) || pg_catalog.jsonb_build_object(
        'encoding', pg_catalog.pg_encoding_to_char(d.encoding)
    )
    FROM pg_catalog.pg_database AS d
    WHERE d.datname = $1
)
SELECT w.word, w.value
FROM known AS k
CROSS JOIN LATERAL (
    VALUES
        (1, 'ENCODING', k.facts ->> 'encoding'),
        (2, 'LC_COLLATE', k.facts ->> 'datcollate'),
        (3, 'LC_CTYPE', k.facts ->> 'datctype'),
        (4, 'LOCALE_PROVIDER',
            CASE k.facts ->> 'datlocprovider' WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END),
        (5, CASE k.facts ->> 'datlocprovider' WHEN 'b' THEN 'BUILTIN_LOCALE' ELSE 'ICU_LOCALE' END,
            coalesce(k.facts ->> 'datlocale', k.facts ->> 'daticulocale')),
        (6, 'ICU_RULES', k.facts ->> 'daticurules')
) AS w (place, word, value)
WHERE w.value IS NOT NULL
ORDER BY w.place
