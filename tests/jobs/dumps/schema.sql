-- What the dumps beside this file hold: made on a server of each major, dumped by that major's own pg_dump.
-- `N-FLAGS.sql.gz` is `pg_dump FLAGS` of PostgreSQL N; README.md here says how to make them again.
CREATE SCHEMA app;
COMMENT ON SCHEMA app IS 'a schema; with a "quote"';
CREATE TYPE app.mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE TYPE app.pair AS (a int, b text);
CREATE DOMAIN app.positive AS int CHECK (VALUE > 0);
CREATE TYPE app.floatrange AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE SEQUENCE app.counter INCREMENT 5 START 10;
CREATE FUNCTION app.twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2; -- twice';
CREATE FUNCTION app.stamp() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    NEW.note := coalesce(NEW.note, '') || '!';
    RETURN NEW;
END $body$;
CREATE TABLE app.teams (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name varchar(40) NOT NULL UNIQUE,
    lead int,
    mood app.mood DEFAULT 'sad'
);
CREATE TABLE app.people (
    id serial PRIMARY KEY,
    team int NOT NULL REFERENCES app.teams DEFERRABLE INITIALLY DEFERRED,
    note text,
    pay app.positive,
    double int GENERATED ALWAYS AS (pay * 2) STORED,
    tags text[],
    data jsonb,
    bytes bytea,
    pair app.pair,
    period app.floatrange,
    seen timestamptz DEFAULT '2020-02-02 02:02:02+00',
    amount numeric(12, 3),
    CONSTRAINT sane CHECK (char_length(note) < 100)
);
ALTER TABLE app.teams ADD CONSTRAINT teams_lead_fkey FOREIGN KEY (lead) REFERENCES app.people (id);
CREATE TABLE app."Odd;name" ("a ""b""" int, "c
d" text DEFAULT 'x;y');
CREATE TABLE app.events (at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE app.events_2020 PARTITION OF app.events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE app.events_rest PARTITION OF app.events DEFAULT;
CREATE TABLE app.older (extra int) INHERITS (app."Odd;name");
CREATE INDEX people_note ON app.people (lower(note)) WHERE pay > 1;
CREATE INDEX events_at ON app.events (at);
CREATE VIEW app.rich AS SELECT p.id, p.pay FROM app.people p WHERE p.pay > 100;
CREATE MATERIALIZED VIEW app.counts AS SELECT team, count(*) FROM app.people GROUP BY team;
CREATE RULE no_delete AS ON DELETE TO app.events DO INSTEAD NOTHING;
CREATE TRIGGER stamp BEFORE INSERT ON app.people FOR EACH ROW EXECUTE FUNCTION app.stamp();
COMMENT ON TRIGGER stamp ON app.people IS 'adds a mark';
ALTER TABLE app.people ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.people USING (pay < 1000);
CREATE STATISTICS app.people_stats ON team, pay FROM app.people;
INSERT INTO app.teams (name) VALUES ('north'), ('it''s "south"\'), (E'tab\tand\nline');
INSERT INTO app.people (team, note, pay, tags, data, bytes, pair, period, amount) VALUES
    (1, E'\\N \\. \\', 5, ARRAY['a"b', NULL, 'c,d', '{}'], '{"k": [1, 2.50, "x\"y"]}', '\x00ff0a', '(1,"x y")', '[1.5,2.5)', 12345.678),
    (2, NULL, NULL, '{}', 'null', '', NULL, 'empty', -0.001),
    (3, E'COPY x FROM stdin;\nDROP TABLE y; -- ''', 2000, NULL, NULL, NULL, '(,)', NULL, NULL);
UPDATE app.teams SET lead = id, mood = 'it''s ok';
INSERT INTO app."Odd;name" VALUES (1, E'\\.'), (2, '');
INSERT INTO app.older VALUES (3, 'z', 4);
INSERT INTO app.events VALUES ('2020-05-05', 'May'), ('1999-12-31', '\.');
SELECT setval('app.counter', 25);
REFRESH MATERIALIZED VIEW app.counts;
