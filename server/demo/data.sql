-- The demo's rows, made in the server: no row depends on chance or on the clock, so that every run gives the same data.
-- The setting demo.scale says how many times six companies there are; everything else follows, about 4,200 rows each.
-- Runs as superuser, once, into the empty schema: references are right by construction and are not checked row by row.

SET session_replication_role = replica;
SET LOCAL search_path = public;
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO';

CREATE FUNCTION pg_temp.dice(seed bigint, throw bigint, sides integer) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN mod(hashint8extended(seed, throw) & 9223372036854775807, sides)::integer;

CREATE FUNCTION pg_temp.pick(seed bigint, throw bigint, VARIADIC words text[]) RETURNS text LANGUAGE sql IMMUTABLE
RETURN words[1 + mod(hashint8extended(seed, throw) & 9223372036854775807, cardinality(words))::integer];

CREATE FUNCTION pg_temp.person(seed bigint) RETURNS text LANGUAGE sql IMMUTABLE
RETURN pg_temp.pick(seed, 1, 'Amara', 'Bjørn', 'Chidi', 'Dolores', 'Élodie', 'Farid', 'Greta', 'Hiroshi', 'Inês', 'João',
                    'Katarzyna', 'Liam', 'Mei', 'Niamh', 'Oluwaseun', 'Priya', 'Quentin', 'Rosa', 'Søren', 'Tariq')
    || ' ' || pg_temp.pick(seed, 2, 'Abe', 'Brandt', 'Castillo', 'Dubois', 'Eriksen', 'Farouk', 'García', 'Haddad',
                           'Ivanova', 'Jansen', 'Kowalski', 'Lindqvist', 'Müller', 'Nakamura', 'O''Brien', 'Petrović',
                           'Quispe', 'Rossi', 'Şahin', 'Tanaka');

CREATE TEMP TABLE tenant ON COMMIT DROP AS
SELECT company, (company - 1) * 8 AS sites, (company - 1) * 50::bigint AS users, (company - 1) * 30 AS equipment,
       (company - 1) * 250::bigint AS incidents
FROM generate_series(1, 6 * current_setting('demo.scale')::integer) AS company;
ANALYZE tenant;

-- What all companies share

INSERT INTO roles VALUES
    (1, 'reporter', '{incident.create}'),
    (2, 'investigator', '{incident.create,incident.edit,narrative.write}'),
    (3, 'safety officer', '{incident.create,incident.edit,incident.close,action.review}'),
    (4, 'site manager', '{incident.edit,incident.close,site.edit}'),
    (5, 'auditor', '{"*.read"}'),
    (6, 'administrator', '{*}');

INSERT INTO regulations
SELECT 'R-' || lpad(n::text, 3, '0'),
       pg_temp.pick(n, 1, 'Working at height', 'Lifting gear', 'Machine guarding', 'Chemicals', 'Noise', 'Driving')
           || ', part ' || n,
       daterange(date '2010-01-01' + 200 * n, CASE WHEN n % 5 = 0 THEN date '2024-01-01' + n END),
       CASE WHEN n % 4 > 0 THEN repeat('Whoever employs people shall see to it that they come home safe. ', n) END
FROM generate_series(1, 20) AS n;

INSERT INTO incident_types (id, code, title, default_severity, form) OVERRIDING SYSTEM VALUE
SELECT n, code, title, (enum_range(NULL::severity))[1 + n % 4],
       jsonb_build_object('fields', jsonb_build_array('what', 'where', 'how'), 'version', n, 'threshold', 0.5 * n)
FROM unnest(
    ARRAY['fall', 'slip', 'collision', 'crush', 'burn', 'spill', 'leak', 'electric', 'strain', 'theft', 'fire', 'near-miss'],
    ARRAY['Fall from height', 'Slip or trip', 'Collision', 'Caught or crushed', 'Burn', 'Chemical spill', 'Gas leak',
          'Electric shock', 'Strain', 'Theft', 'Fire', 'Near miss']
) WITH ORDINALITY AS kinds (code, title, n);

INSERT INTO incident_type_regulations
SELECT DISTINCT kind, 'R-' || lpad((1 + pg_temp.dice(kind, throw, 20))::text, 3, '0')
FROM generate_series(1, 12) AS kind, generate_series(1, 2) AS throw;

-- Companies, their sites and people

INSERT INTO companies
SELECT company,
       CASE WHEN company = 1 THEN 'acme' ELSE lower(first) || '-' || lower(second) END
           || CASE WHEN company > 20 THEN '-' || company ELSE '' END,
       CASE WHEN company = 1 THEN 'Acme'
            ELSE first || ' ' || second || pg_temp.pick(company, 3, ' Ltd', ' GmbH', ' S.A.', ' AS', ' Oy', ' & Sons') END,
       (enum_range(NULL::plan))[1 + company % 3],
       pg_temp.pick(company, 5, 'EUR', 'USD', 'GBP', 'SEK', 'JPY'),
       50 + pg_temp.dice(company, 6, 200),
       pg_temp.dice(company, 7, 500000) / 100.0,
       daterange(date '2022-01-01' + pg_temp.dice(company, 8, 900), CASE WHEN company % 3 > 0 THEN date '2027-12-31' END),
       jsonb_build_object('locale', pg_temp.pick(company, 9, 'en', 'de', 'fr', 'nb', 'ja'), 'sso', company % 2 = 0,
                          'retention', jsonb_build_object('days', 365 * (1 + company % 5), 'legal_hold', NULL),
                          'big', 9007199254740993 + company, 'rate', 0.10 * company),
       'whsec_' || md5('webhook' || company),
       timestamptz '2022-01-01 09:00+00' + company * interval '17 hours 13 minutes 0.000123 seconds'
FROM tenant,
     LATERAL (SELECT (ARRAY['Harbour', 'Northern', 'Alpine', 'Summit', 'Coastal', 'Meridian', 'Granite', 'Willow', 'Polar',
                            'Delta'])[1 + (company - 1) % 10] AS first,
                     (ARRAY['Freight', 'Timber', 'Rail', 'Energy', 'Foods', 'Steel', 'Logistics', 'Mining', 'Marine',
                            'Glass'])[1 + (company - 1 + (company - 1) / 10) % 10] AS second) AS named;

INSERT INTO sites
SELECT company, sites + n, CASE WHEN n > 2 THEN sites + 1 + pg_temp.dice(sites + n, 1, n - 1) END, users + 1 + (n * 5) % 50,
       pg_temp.pick(sites + n, 2, 'Quay', 'Warehouse', 'Plant', 'Depot', 'Yard', 'Terminal') || ' ' || n,
       CASE WHEN n % 4 > 0 THEN ROW(pg_temp.dice(sites + n, 3, 12000000) / 100000.0 - 60,
                                    pg_temp.dice(sites + n, 4, 30000000) / 100000.0 - 150)::geo_point END,
       pg_temp.pick(sites + n, 5, 'Europe/Oslo', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'UTC'),
       int4range(5 + n % 4, 16 + n % 7),
       CASE WHEN n = 3 THEN temperature_range(-25.5, -18) END,
       ARRAY(SELECT 'H' || 200 + pg_temp.dice(sites + n, 6 + k, 220) FROM generate_series(1, n % 4) AS k)
FROM tenant, generate_series(1, 8) AS n;

INSERT INTO departments
SELECT company, code, title, CASE WHEN n % 5 > 0 THEN 'CC-' || 1000 * company + n END, 5 + pg_temp.dice(company, n, 40)
FROM tenant, unnest(ARRAY['OPS', 'MNT', 'LOG', 'HSE', 'ADM'],
                    ARRAY['Operations', 'Maintenance', 'Logistics', 'Health & safety', 'Administration'])
             WITH ORDINALITY AS named (code, title, n);

INSERT INTO users
SELECT company, id, sites + 1 + pg_temp.dice(id, 3, 8),
       CASE WHEN n % 9 > 0 THEN (ARRAY['OPS', 'MNT', 'LOG', 'HSE', 'ADM'])[1 + pg_temp.dice(id, 4, 5)] END,
       'user' || id || '@' || pg_temp.pick(company, 5, 'example.com', 'example.org', 'example.net'),
       pg_temp.person(id),
       CASE WHEN n % 3 > 0 THEN '+47 ' || 40000000 + pg_temp.dice(id, 6, 59999999) END,
       '$argon2id$v=19$m=65536,t=3,p=4$' || md5('salt' || id) || '$' || md5('hash' || id),
       CASE WHEN n % 5 = 0 THEN 'pgf_live_' || md5('token' || id) END,
       CASE WHEN n % 10 = 0 THEN timestamptz '2026-12-31 23:59:59.999999+00' ELSE 'infinity' END,
       CASE WHEN n % 4 > 0 THEN jsonb_build_object('theme', pg_temp.pick(id, 7, 'light', 'dark'), 'digest', n % 2 = 0) END,
       n % 17 > 0,
       CASE WHEN n % 11 > 0 THEN date '2015-01-01' + pg_temp.dice(id, 8, 3800) END,
       CASE WHEN n % 6 > 0 THEN timestamptz '2026-06-30 00:00+00' - pg_temp.dice(id, 9, 5000000) * interval '1 second' END,
       timestamptz '2023-01-01 08:00+00' + pg_temp.dice(id, 10, 60000000) * interval '1 second'
FROM tenant, generate_series(1, 50) AS n, LATERAL (SELECT users + n AS id) AS numbered;

INSERT INTO user_roles
SELECT users + n, 1 + (pg_temp.dice(users + n, 1, 6) + k) % 6, CASE WHEN n > 1 THEN users + 1 END,
       timestamptz '2024-01-01 00:00+00' + pg_temp.dice(users + n, 2, 700) * interval '1 day'
FROM tenant, generate_series(1, 50) AS n, generate_series(0, CASE WHEN n % 5 = 0 THEN 1 ELSE 0 END) AS k;

INSERT INTO shifts
SELECT users + n, tstzrange(start, start + interval '8 hours'), 15 * (1 + pg_temp.dice(users + n, k, 4))
FROM tenant, generate_series(1, 50) AS n, generate_series(0, 3) AS k,
     LATERAL (SELECT timestamptz '2026-06-22 06:00+00' + k * interval '1 day' + n % 3 * interval '8 hours' AS start) AS shift;

INSERT INTO equipment
SELECT company, equipment + n, sites + 1 + pg_temp.dice(equipment + n, 1, 8), 'SN-' || upper(left(md5('sn' || equipment + n), 10)),
       pg_temp.pick(equipment + n, 2, 'crane', 'forklift', 'press', 'pump', 'vehicle'),
       CASE WHEN n % 7 > 0 THEN pg_temp.dice(equipment + n, 3, 90000000) / 100.0 END,
       (1 + n % 4) * interval '3 months' + n % 3 * interval '12 hours',
       CASE WHEN n % 2 = 0 THEN int4multirange(int4range(0, 500 + n), int4range(1000, 1500 + n)) END,
       CASE WHEN n % 5 > 0 THEN ('{"rpm": ' || 900 + n || '.50,  "load":1e' || n % 5 || ', "note": "as sent"}')::json END,
       n % 13 = 0
FROM tenant, generate_series(1, 30) AS n;

INSERT INTO incident_types (id, company_id, code, title, default_severity, form) OVERRIDING SYSTEM VALUE
SELECT 10 + 2 * company + n, company, 'own-' || n, pg_temp.pick(company, n, 'Cargo damage', 'Mooring failure', 'Derailment', 'Dust'),
       'high', jsonb_build_object('fields', jsonb_build_array('what'), 'company', company)
FROM tenant, generate_series(1, 2) AS n;

-- What happened: 250 incidents a company in the year to the end of June 2026

INSERT INTO incidents (company_id, id, site_id, incident_type_id, related_incident_id, reporter_id, assignee_id, case_number,
    status, severity, title, summary, labels, readings, details, downtime, cost, position, occurred_at, reported_at, updated_at)
SELECT company, id, sites + 1 + pg_temp.dice(id, 1, 8),
       CASE WHEN n % 10 = 0 THEN 10 + 2 * company + 1 + pg_temp.dice(id, 2, 2) ELSE 1 + pg_temp.dice(id, 2, 12) END,
       CASE WHEN n > 5 AND n % 7 = 0 THEN id - 1 - pg_temp.dice(id, 3, least(n - 1, 25)) END,
       users + 1 + pg_temp.dice(id, 4, 50),
       CASE WHEN n % 6 > 0 THEN users + 1 + pg_temp.dice(id, 5, 50) END,
       100000 + id,
       (enum_range(NULL::incident_status))[
           CASE WHEN n > 230 THEN 1 + pg_temp.dice(id, 6, 3) WHEN n % 12 = 0 THEN 5 WHEN n % 9 = 0 THEN 3 ELSE 4 END],
       (enum_range(NULL::severity))[1 + (pg_temp.dice(id, 7, 4) * pg_temp.dice(id, 8, 4) + 2) / 3],
       pg_temp.pick(id, 9, 'Pallet fell', 'Worker slipped', 'Forklift struck a rack', 'Hand caught', 'Acid splashed', 'Smoke seen',
                    'Cable found bare', 'Load swung', 'Guard missing', 'Ladder gave way')
           || pg_temp.pick(id, 10, ' at the loading bay', ' during the night shift', ' near gate 4', ' on deck Ø', ' in aisle 12',
                           ' while "unloading"', ', nobody hurt', ''),
       CASE WHEN n % 8 > 0 THEN pg_temp.pick(id, 11, 'Area closed and cleaned.', 'First aid given on the spot.', 'Reported by radio.',
            E'Two causes:\n1. haste\n2. no light', 'Path C:\gate\new was blocked', 'It''s the third time this month; see also {below}',
            E'Tab\there, and a "quote", 50 % off') ELSE '' END,
       ARRAY(SELECT pg_temp.pick(id, 12 + k, 'night', 'contractor', 'weather', 'needs, review', '🚢', 'a "b" \c', 'NULL', '')
             FROM generate_series(1, pg_temp.dice(id, 12, 4)) AS k),
       CASE WHEN n % 5 = 0 THEN ARRAY[pg_temp.dice(id, 16, 100000) / 1000.0, NULL,
            CASE WHEN n % 50 = 0 THEN 'NaN'::numeric ELSE 123456789012345678901234567890.123456789 + n END] END,
       jsonb_build_object('weather', pg_temp.pick(id, 17, 'clear', 'rain', 'fog', 'ice'), 'wind', pg_temp.dice(id, 18, 300) / 10.0,
                          'witnesses', pg_temp.dice(id, 19, 5), 'checklist', jsonb_build_array(n % 2 = 0, NULL, 'gloves')),
       CASE WHEN n % 4 = 0 THEN tstzrange(occurred, CASE WHEN n <= 230 THEN occurred + (1 + pg_temp.dice(id, 20, 600)) * interval '1 minute' END) END,
       CASE WHEN n % 3 > 0 THEN pg_temp.dice(id, 21, 10000000) / 100.0 END,
       CASE WHEN n % 5 = 1 THEN ROW(pg_temp.dice(id, 22, 9000000) / 100000.0, NULL)::geo_point END,
       occurred, occurred + (1 + pg_temp.dice(id, 23, 5000)) * interval '1 minute 0.000001 seconds',
       CASE WHEN n % 3 = 0 THEN occurred + interval '9 days' END
FROM tenant, generate_series(1, 250) AS n, LATERAL (SELECT incidents + n AS id) AS numbered,
     LATERAL (SELECT timestamptz '2026-06-29 18:00+00' - (250 - n) * interval '35 hours' - pg_temp.dice(id, 24, 100000) * interval '1 second' AS occurred) AS dated;

INSERT INTO participants
SELECT (id - 1) * 2 + k, id, CASE WHEN k = 1 AND n % 4 > 0 THEN users + 1 + pg_temp.dice(id, 30, 50) END,
       (enum_range(NULL::participant_kind))[1 + pg_temp.dice(id, 30 + k, 4)], pg_temp.person(id * 2 + k),
       CASE WHEN n % 3 > 0 THEN jsonb_build_object('phone', '+44 20 ' || 70000000 + pg_temp.dice(id, 33, 9999999), 'next_of_kin', pg_temp.person(id)) END,
       CASE WHEN n % 5 > 0 THEN date '1960-01-01' + pg_temp.dice(id * 2 + k, 34, 16000) END,
       CASE WHEN n % 4 = 0 THEN lpad(pg_temp.dice(id, 35, 900)::text, 3, '0') || '-' || 10 + k || '-' || 1000 + pg_temp.dice(id, 36, 9000) END,
       greatest(0, pg_temp.dice(id, 37, 40) - 30)
FROM tenant, generate_series(1, 250) AS n, generate_series(1, 2) AS k, LATERAL (SELECT incidents + n AS id) AS numbered;

INSERT INTO narratives
SELECT id, version, users + 1 + pg_temp.dice(id, 40, 50), pg_temp.pick(id, 41, 'en', 'en', 'en', 'de', 'fr', 'ja'),
       pg_temp.person(id) || ' reported: ' || pg_temp.pick(id, 41 + version, 'the floor was wet and unmarked', 'the alarm did not sound', 'the strap tore under load',
           'two vehicles met at the blind corner', '床が濡れていた', 'le chariot a reculé sans signal', 'die Leiter war nicht gesichert')
           || E'.\n' || repeat(pg_temp.pick(id, 50 + version, 'The area was closed until the morning. ', 'Nobody else was near. ', E'See photo "A\\B" 📷.\t'), 1 + pg_temp.dice(id, 60, 6)),
       timestamptz '2026-06-30 12:00+00' - (250 - n) * interval '35 hours' + version * interval '2 hours'
FROM tenant, generate_series(1, 250) AS n, generate_series(1, CASE WHEN n % 5 < 2 THEN 2 ELSE 1 END) AS version,
     LATERAL (SELECT incidents + n AS id) AS numbered;

INSERT INTO attachments (id, incident_id, narrative_version, filename, media_type, content, uploaded_at)
SELECT md5('attachment' || id)::uuid, id, CASE WHEN n % 2 = 0 THEN 1 END,
       pg_temp.pick(id, 70, 'photo', 'scan', 'sketch', 'witness statement, signed') || '-' || n || '.jpg', 'image/jpeg',
       '\xffd8ffe000104a464946000100'::bytea || decode(repeat(md5('jpeg' || id), 8 + pg_temp.dice(id, 71, 24)), 'hex'),
       timestamptz '2026-06-30 13:00+00' - (250 - n) * interval '35 hours'
FROM tenant, generate_series(1, 250, 3) AS n, LATERAL (SELECT incidents + n AS id) AS numbered;

INSERT INTO incident_equipment
SELECT incidents + n, equipment + 1 + pg_temp.dice(incidents + n, 75, 30), pg_temp.dice(incidents + n, 76, 101) / 100.0
FROM tenant, generate_series(1, 250, 2) AS n;

-- What was done about it

INSERT INTO corrective_actions
SELECT id, number, users + 1 + pg_temp.dice(id, 80 + number, 50),
       pg_temp.pick(id, 83 + number, 'Repair the lighting', 'Train the shift', 'Mark the floor', 'Replace the guard', 'Review the permit'),
       ARRAY(SELECT ROW(pg_temp.pick(id, 86 + k, 'order parts', 'agree a date', 'tell "everyone"', 'check (again)'), k % 2 = 0)::action_step FROM generate_series(1, pg_temp.dice(id, 86, 4)) AS k),
       date '2026-07-20' - (250 - n) * 35 / 24, CASE WHEN n % 4 > 0 THEN date '2026-07-15' - (250 - n) * 35 / 24 END,
       pg_temp.dice(id, 92, 2000000) / 100.0,
       CASE n % 6 WHEN 0 THEN 'NaN'::float8 WHEN 1 THEN NULL ELSE pg_temp.dice(id, 93, 1000000) / 999983.0::float8 END
FROM tenant, generate_series(1, 250) AS n, generate_series(1, 1 + n % 2) AS number, LATERAL (SELECT incidents + n AS id) AS numbered
WHERE n % 3 > 0;

INSERT INTO action_reviews (id, incident_id, action_number, reviewer_id, approved, note, reviewed_at) OVERRIDING SYSTEM VALUE
SELECT (company - 1) * 125 + n / 2, id, 1, users + 1 + pg_temp.dice(id, 95, 50), CASE WHEN n % 5 > 0 THEN n % 7 > 0 END,
       CASE WHEN n % 4 > 0 THEN pg_temp.pick(id, 96, 'Done well', 'Once more, please', '', 'Not convinced: no photo') END,
       timestamptz '2026-06-30 15:00+00' - (250 - n) * interval '35 hours' + interval '20 days'
FROM tenant, generate_series(2, 250, 2) AS n, LATERAL (SELECT incidents + n AS id) AS numbered
WHERE n % 3 > 0;

INSERT INTO comments
SELECT id, entity, CASE entity WHEN 'incident' THEN incidents + 1 + pg_temp.dice(id, 101, 250) WHEN 'equipment' THEN equipment + 1 + pg_temp.dice(id, 101, 30) ELSE sites + 1 + pg_temp.dice(id, 101, 8) END,
       CASE WHEN n > 10 AND n % 4 = 0 THEN id - 1 - pg_temp.dice(id, 102, 9) END, users + 1 + pg_temp.dice(id, 103, 50),
       pg_temp.pick(id, 104, 'Seen.', 'Who was on shift?', 'Parts are on the way', 'Closing this unless somebody objects', '👍', 'Same as last week; see the other one', E'Please add:\n- a photo\n- the time'),
       CASE WHEN n % 3 = 0 THEN ARRAY[users + 1 + pg_temp.dice(id, 105, 50), users + 1 + pg_temp.dice(id, 106, 50)] END,
       timestamptz '2025-07-01 08:00+00' + n * interval '17 hours' + pg_temp.dice(id, 107, 40000) * interval '1 second'
FROM tenant, generate_series(1, 500) AS n,
     LATERAL (SELECT (company - 1) * 500::bigint + n AS id) AS numbered,
     LATERAL (SELECT CASE WHEN n % 10 = 0 THEN 'site' WHEN n % 5 = 0 THEN 'equipment' ELSE 'incident' END AS entity) AS kind;

INSERT INTO tags
SELECT company, name, '#' || left(md5(name || company), 6)
FROM tenant, unnest(ARRAY['urgent', 'insured', 'repeat', 'lost time', 'training', 'media', 'union', 'visitor', 'cold', 'night', 'legal', 'follow-up']) AS name;

INSERT INTO incident_tags
SELECT company, id, (ARRAY['urgent', 'insured', 'repeat', 'lost time', 'training', 'media', 'union', 'visitor', 'cold', 'night', 'legal', 'follow-up'])[1 + (n + 5 * k) % 12]
FROM tenant, generate_series(1, 250) AS n, LATERAL (SELECT incidents + n AS id) AS numbered, generate_series(1, pg_temp.dice(id, 110, 4)) AS k;

INSERT INTO notifications
SELECT (company - 1) * 300::bigint + n, users + 1 + pg_temp.dice(company * 1000 + n, 112, 50), CASE WHEN n % 8 > 0 THEN incidents + 1 + (n * 5) % 250 END,
       (enum_range(NULL::channel))[1 + pg_temp.dice(company * 1000 + n, 113, 4)],
       jsonb_build_object('template', pg_temp.pick(company * 1000 + n, 114, 'assigned', 'overdue', 'closed'), 'attempt', 1 + n % 3),
       timestamptz '2026-04-01 07:00+00' + n * interval '7 hours', CASE WHEN n % 3 > 0 THEN timestamptz '2026-04-01 09:30+00' + n * interval '7 hours' END
FROM tenant, generate_series(1, 300) AS n;

INSERT INTO sessions
SELECT md5('session' || company || '/' || n)::uuid, users + 1 + n % 50, 'sess_' || md5('session token' || company || '/' || n), n % 20,
       CASE WHEN n % 6 > 0 THEN inet '10.0.0.0' + company * 256 + n WHEN n % 12 = 0 THEN inet '2001:db8::1' + n END,
       pg_temp.pick(company * 1000 + n, 120, 'Mozilla/5.0 (X11; Linux x86_64)', 'Mozilla/5.0 (iPhone)', 'IncidentApp/7.2 "field"', NULL),
       timestamptz '2026-06-20 05:00+00' + n * interval '1 hour 40 minutes', CASE WHEN n % 9 = 0 THEN interval '1 mon 2 days 03:04:05.678' ELSE interval '12 hours' END
FROM tenant, generate_series(1, 120) AS n;

-- The audit trail

INSERT INTO audit.audit_log
SELECT (company - 1) * 500::bigint + n, timestamptz '2025-06-28 10:00+00' + n * interval '17 hours 30 minutes' + company * interval '1 second',
       company, CASE WHEN n % 10 > 0 THEN users + 1 + pg_temp.dice(company * 1000 + n, 130, 50) END, pg_temp.pick(company * 1000 + n, 131, 'insert', 'update', 'update', 'close', 'delete'),
       'incidents', incidents + 1 + n % 250,
       CASE WHEN n % 5 > 0 THEN jsonb_build_object('status', pg_temp.pick(company * 1000 + n, 132, 'reported', 'closed'), 'cost', n * 1.10) END
FROM tenant, generate_series(1, 500) AS n;

INSERT INTO audit.login_attempts
SELECT timestamptz '2026-06-25 00:00+00' + n / 2 * interval '1 hour', 'user' || users + 1 + n / 2 % 50 || '@example.com', inet '192.0.2.1' + n / 2 % 200, n / 2 % 7 > 0
FROM tenant, generate_series(1, 200) AS n;

INSERT INTO audit.debug_logs (id, logged_at, level, message) OVERRIDING SYSTEM VALUE
SELECT (company - 1) * 100 + n, timestamptz '2026-06-29 00:00+00' + n * interval '1 minute', 1 + n % 5, 'worker ' || n % 4 || ': ' || repeat('step ', n % 9) || 'took ' || n || ' ms'
FROM tenant, generate_series(1, 100) AS n;

-- Sequences go on after the highest value

DO $$
DECLARE
    identity record;
    highest bigint;
BEGIN
    FOR identity IN
        SELECT a.attrelid::regclass AS table_name, a.attname AS column_name
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE a.attidentity <> '' AND NOT c.relispartition AND c.relnamespace IN ('public'::regnamespace, 'audit'::regnamespace)
    LOOP
        EXECUTE format('SELECT max(%I) FROM %s', identity.column_name, identity.table_name) INTO highest;
        PERFORM setval(pg_get_serial_sequence(identity.table_name::text, identity.column_name), highest);
    END LOOP;
    PERFORM setval('case_numbers', (SELECT max(case_number) FROM incidents));
END
$$;

RESET session_replication_role;
REFRESH MATERIALIZED VIEW site_statistics;
ANALYZE;
