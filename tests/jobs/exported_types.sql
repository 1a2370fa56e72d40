-- One table with a column of every kind of type, and rows at the edges of each.
CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree;
CREATE TYPE mood AS ENUM ('ok', 'so "so"', 'it''s, bad');
CREATE TYPE pair AS (a int, "B b" text);
CREATE DOMAIN percentage AS numeric(6, 3) CHECK (value <= 100);
CREATE DOMAIN pairs AS pair[];
CREATE TYPE span AS RANGE (subtype = float8);
CREATE TABLE every (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    x text, t text, "Weird ""name"", it is" text,
    big bigint, small smallint, num numeric, num2 numeric(40, 20), f4 real, f8 double precision, flag boolean,
    d date, ts timestamp, tz timestamptz, tim time, timtz timetz, iv interval,
    bin bytea, u uuid, j json, jb jsonb, arr text[], matrix int[][], nums numeric[], js jsonb[],
    e mood, es mood[], p pair, ps pairs, pct percentage, r int4range, tr tstzrange, sp span, mr nummultirange,
    c char(5), vc varchar(9), bits bit(4), vbits bit varying, net inet, mac macaddr, pt point, poly polygon,
    xm xml, tsv tsvector, h hstore, ci citext, path ltree, money_ money, "char" "char", o oid, n name,
    doubled bigint GENERATED ALWAYS AS (big / 2) STORED
);
INSERT INTO every (x) VALUES (NULL), (''), (' '), ('\N'), ('\.'), (E'\\.\n'), ('NULL'), ('"'), (''''), (E'a\nb\r\tc\bd\fe\vf'),
    (E'\x01\x02'), (','), ('{"a": 1}'), ('🚢 Ærøskøbing ‎ ﷽'), (repeat('long ', 3000)), ('$1 %s {} ;--');
INSERT INTO every (big, small, num, num2, f4, f8, flag) VALUES
    (9223372036854775807, 32767, 12345678901234567890123456789012345678901234567890.0123456789012345678901234567890, 0.1, 1e-30, 1e-300, true),
    (-9223372036854775808, -32768, 'NaN', -12345678901234567890.01234567890123456789, 'NaN', 'NaN', false),
    (9007199254740993, 0, 1e400, 0, '-0', '-0', NULL), (0, 1, 'Infinity', NULL, '-Infinity', 'Infinity', NULL),
    (1, 1, '-Infinity', 1.10, 0.1, 0.1, NULL), (2, 2, 1.10, NULL, 3.4028235e38, 2.2250738585072014e-308, NULL),
    (3, 3, 0.00, NULL, 16777217, 5e-324, NULL);
INSERT INTO every (d, ts, tz, tim, timtz, iv) VALUES
    ('0044-03-15 BC', '4713-01-01 00:00:00 BC', '4713-01-01 00:00:00+00 BC', '24:00', '23:59:59.999999+15:59', '-178000000 years'),
    ('infinity', '-infinity', 'infinity', '00:00:00.000001', '00:00-12', '1 mon -1 day +02:03:04.000005'),
    ('9999-12-31', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00', NULL, NULL, '-1 mon -1 day -00:00:00.000001'),
    ('2024-02-29', '2024-02-29 12:34:56.789', '2024-10-27 02:30:00+02', '12:34:56.7', '12:34:56+05:30', 'P1Y2M3DT4H5M6S');
INSERT INTO every (bin, u, j, jb) VALUES
    ('', '00000000-0000-0000-0000-000000000000', '{"b":1,"a":2,"a":3}', '{"a": [1.10, 1e400, null, "\ud83d\ude00"]}'),
    ('\x00ff5c0a22', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '[1, 1.0, 1e5, 100000000000000000000000000000001]', '"text"'),
    (decode(repeat('5c', 5000), 'hex'), NULL, '"\u00e9 \/ \\ \""', '[]');
INSERT INTO every (arr, matrix, nums, js) VALUES
    ('{}', '{}', '{}', '{}'), ('{NULL,"NULL","",a,"{",",","\"","\\"}', '{{1,2},{3,NULL}}', '{NaN,1e400,0.10}', ARRAY['{"a": "b"}', '1']::jsonb[]),
    (ARRAY[E'a\nb', '🚢'], '{{{1},{2}}}', NULL, ARRAY[NULL, '"x"']::jsonb[]);
INSERT INTO every (e, es, p, ps, pct, r, tr, sp, mr) VALUES
    ('so "so"', '{ok,"it''s, bad",NULL}', ROW(1, 'a"b,\c (d)'), ARRAY[ROW(NULL, ''), ROW(2, NULL), NULL]::pair[], 99.999, '[1,5)', '["2024-01-01","2024-02-01")', '[1.5,)', '{[1,2),(3,4]}'),
    ('it''s, bad', '{}', ROW(NULL, NULL), '{}', -0.001, 'empty', '(,infinity]', 'empty', '{}'),
    (NULL, NULL, ROW(NULL, E'n\nl'), NULL, NULL, '(,)', '(,)', '(,)', '{(,)}');
INSERT INTO every (c, vc, bits, vbits, net, mac, pt, poly, xm, tsv, h, ci, path, money_, "char", o, n) VALUES
    ('a', 'ab  ', '1010', '', '192.168.0.1/24', '08:00:2b:01:02:03', '(1.5,-0)', '((0,0),(1,1),(1,0))', NULL, 'a:1 b:2A ''it''''s'':3', 'a=>1, "b \"c"=>NULL, "\\"=>""', 'CaSe', 'Top.Science', '-1234.56', 'x', 4294967295, 'a name'),
    ('', '', '0000', '1', '::1', 'ff:ff:ff:ff:ff:ff', '(NaN,Infinity)', '((0,0))', NULL, '', '', '', '', '0', '', 0, '');
