--- a partitioned table with identity, generated column, policies, triggers and grants gets all of them changed
create function tf() returns trigger language plpgsql as 'begin return new; end'; create table ev (id int not null, day date not null, n int, primary key (id, day)) partition by range (day); create table ev1 partition of ev for values from ('2024-01-01') to ('2024-07-01'); create table ev2 partition of ev for values from ('2024-07-01') to ('2025-01-01'); create policy p on ev1 using (n > 0); alter table ev1 enable row level security; create trigger t before insert on ev for each row execute function tf(); grant select on ev1 to public;
--- becomes
create function tf() returns trigger language plpgsql as 'begin return new; end'; create function tf2() returns trigger language plpgsql as 'begin return null; end'; create table ev (id bigint not null, day date not null, n bigint, twice bigint generated always as (n * 2) stored, primary key (id, day)) partition by range (day); create table ev1 partition of ev for values from ('2024-01-01') to ('2024-07-01'); create table ev2 partition of ev for values from ('2024-07-01') to ('2025-02-01'); create policy p on ev using (n > 1 and twice > 2); alter table ev enable row level security; alter table ev force row level security; create trigger t after insert or update of n on ev for each row when (new.n is not null) execute function tf2(); grant select, insert on ev to public; grant update (n) on ev2 to public; create index on ev (twice) where n > 3; comment on column ev.twice is 'two times';
--- rows
insert into ev values (1, '2024-02-01', 4), (2, '2024-08-01', null)

--- views in a chain over a retyped column with rules, instead-of triggers, comments and grants on columns
create table base (id int primary key, amount int, note varchar(10)); create view a as select id, amount, note from base; create view b as select id, amount * 2 as twice, note from a; create view c as select b.*, a.amount from b join a using (id); create function tf() returns trigger language plpgsql as 'begin return new; end'; create trigger t instead of insert on b for each row execute function tf(); create rule r as on delete to c do instead delete from base where id = old.id; comment on view b is 'bee'; comment on column c.twice is 'tt'; grant select (twice, note) on c to public; alter view a alter column note set default 'x'; create materialized view m as select * from c with data; create unique index on m (id);
--- becomes
create table base (id bigint primary key, amount numeric(12,2), note text); create view a as select id, amount, note from base; create view b as select id, amount * 2 as twice, note from a; create view c as select b.*, a.amount from b join a using (id); create function tf() returns trigger language plpgsql as 'begin return new; end'; create trigger t instead of insert on b for each row execute function tf(); create rule r as on delete to c do instead delete from base where id = old.id; comment on view b is 'bee'; comment on column c.twice is 'tt'; grant select (twice, note) on c to public; alter view a alter column note set default 'x'; create materialized view m as select * from c with data; create unique index on m (id);
--- rows
insert into base values (1, 2, 'three')

--- domain constraints in arrays, composites and ranges of them
create domain pos as int check (value > 0); create type pt as (x pos, y pos[]); create table t (id pos primary key, many pos[], p pt, ps pt[]);
--- becomes
create domain pos as int not null default 1 check (value > 0) check (value < 1000); create type pt as (x pos, y pos[], z pos); create table t (id pos primary key, many pos[] default '{1,2}', p pt, ps pt[]);
--- rows
insert into t values (1, '{2,3}', null, null)

--- enum reordered under default, partition bound, index, check, function and array
create type st as enum ('a', 'b', 'c'); create function first() returns st language sql immutable as $$ select 'a'::st $$; create table t (s st not null default 'a', ss st[] default '{a,b}', check (s <> 'c')) partition by list (s); create table t_a partition of t for values in ('a'); create table t_bc partition of t for values in ('b', 'c'); create index on t (s) where s = 'b'; create view v as select s, count(*) from t group by s having min(s) < 'c';
--- becomes
create type st as enum ('c', 'b', 'a', 'd'); create function first() returns st language sql immutable as $$ select 'c'::st $$; create table t (s st not null default 'b', ss st[] default '{a,d}', check (s <> 'd')) partition by list (s); create table t_a partition of t for values in ('a'); create table t_bc partition of t for values in ('b', 'c'); create index on t (s) where s = 'd'; create view v as select s, count(*) from t group by s having min(s) < 'd';
--- rows
insert into t values ('a', '{a}'), ('b', '{b,a}')

--- function with default arguments used by a generated column, a policy, a trigger and an index changes its signature
create function norm(t text, up boolean default false) returns text language sql immutable as $$ select case when up then upper(t) else lower(t) end $$; create table t (id int primary key, name text, n text generated always as (norm(name)) stored, check (norm(name, true) <> '')); create index on t (norm(name)); create policy p on t using (norm(name) = 'x'); create view v as select norm(name) as n2 from t;
--- becomes
create function norm(t text, up boolean default true, cut int default 3) returns text language sql immutable as $$ select left(case when up then upper(t) else lower(t) end, cut) $$; create table t (id int primary key, name text, n text generated always as (norm(name)) stored, check (norm(name, true) <> '')); create index on t (norm(name)); create policy p on t using (norm(name) = 'x'); create view v as select norm(name) as n2 from t;
--- rows
insert into t (id, name) values (1, 'abcd')

--- default of an argument changes alone under dependents
create function f(a int default 1) returns int language sql immutable as 'select a'; create table t (a int default f(), b int generated always as (f()) stored, check (f() > 0)); create index on t ((f() + a)); create view v as select f() as x;
--- becomes
create function f(a int default 2) returns int language sql immutable as 'select a'; create table t (a int default f(), b int generated always as (f()) stored, check (f() > 0)); create index on t ((f() + a)); create view v as select f() as x;
--- rows
insert into t (a) values (4)

--- serial becomes identity in a partitioned table with a view and a function over the sequence
create table t (id serial, k int, primary key (id, k)) partition by list (k); create table t1 partition of t for values in (1); create table t2 partition of t default; create view v as select id from t; grant usage on sequence t_id_seq to public;
--- becomes
create table t (id int generated by default as identity (start 10 increment 5 cache 3), k int, primary key (id, k)) partition by list (k); create table t1 partition of t for values in (1); create table t2 partition of t default; create view v as select id from t;
--- rows
insert into t (k) values (1), (2)

--- indexes with operator class options, collations, orders, includes and storage
create extension pg_trgm; create table t (a text, b tsvector, c int[], d point, e int); create index i1 on t using gist (b tsvector_ops (siglen = 100)); create index i2 on t (a text_pattern_ops desc nulls last, e) include (d); create index i3 on t using gin (a gin_trgm_ops) with (fastupdate = off); create index i4 on t using brin (e int4_minmax_ops) with (pages_per_range = 16); create index i5 on t using gist (a gist_trgm_ops (siglen = 32)); create index i6 on t using spgist (d);
--- becomes
create extension pg_trgm; create table t (a text, b tsvector, c int[], d point, e int); create index i1 on t using gist (b tsvector_ops (siglen = 200)); create index i2 on t (a collate "C" text_pattern_ops, e desc) include (c); create index i3 on t using gin (a gin_trgm_ops) with (fastupdate = on, gin_pending_list_limit = 512); create index i4 on t using brin (e int4_minmax_multi_ops (values_per_range = 16)) with (pages_per_range = 32, autosummarize = on); create index i5 on t using gist (a gist_trgm_ops (siglen = 64)) where e > 1; create index i6 on t using spgist (d kd_point_ops) with (fillfactor = 60); create index i7 on t using hash (e) with (fillfactor = 50);

--- nulls not distinct on a unique constraint and index under a foreign key
create table p (a int, b int, unique (a, b)); create table c (a int, b int, foreign key (a, b) references p (a, b) match full);
--- becomes
create table p (a int, b int, constraint p_a_b_key unique nulls not distinct (a, b)); create table c (a int, b int, foreign key (a, b) references p (a, b) on delete set null (b) on update cascade deferrable initially deferred);
--- rows
insert into p values (1, 2); insert into c values (1, 2), (null, null)

--- statistics objects, targets and kinds on expressions under a retyped column
create table t (a int, b int, c text); create statistics s1 (ndistinct, dependencies) on a, b from t; create statistics s2 on (a + b), c from t; alter statistics s2 set statistics 500; comment on statistics s1 is 'one';
--- becomes
create schema st; create table t (a bigint, b int, c text collate "C"); create statistics s1 (mcv) on a, b, c from t; create statistics st.s2 on (a + b), c from t; alter statistics st.s2 set statistics 50; create statistics s3 on (lower(c)) from t;

--- publications with row filters and column lists over what changes its type, name and place
create schema s; create table s.a (id int primary key, x int, y text); create table b (id int primary key, z int); create publication p for table s.a (id, x) where (x > 1), b with (publish = 'insert, update'); create publication q for tables in schema s; create publication r for all tables with (publish_via_partition_root = true);
--- becomes
create schema s; create schema s2; create table s.a (id bigint primary key, x bigint, y varchar(3), w int); create table b (id int primary key, z int) partition by range (id); create table b1 partition of b for values from (0) to (10); create publication p for table s.a (id, x, w) where (x > 2 and w < 3), b with (publish = 'insert', publish_via_partition_root = true); create publication q for tables in schema s, s2; create publication r for all tables with (publish = 'delete'); comment on publication q is 'qq';
--- rows
insert into s.a values (1, 2, 'abc'); insert into b values (1, 1)

--- foreign data wrappers, servers, mappings and tables change their options, columns and owner
create foreign data wrapper w options (debug 'true'); create server srv type 'x' version '1' foreign data wrapper w options (host 'h', port '1'); create user mapping for public server srv options (user 'u'); create foreign table ft (a int options (column_name 'aa') not null, b text default 'x') server srv options (table_name 'ft', schema_name 's'); create view v as select a from ft; grant usage on foreign server srv to public; comment on foreign table ft is 'f';
--- becomes
create function val(text[], oid) returns void language sql as 'select'; create foreign data wrapper w options (debug 'false', extra 'y'); create server srv type 'x' version '2' foreign data wrapper w options (host 'h2'); create server srv2 foreign data wrapper w; create user mapping for public server srv options (user 'u2'); create foreign table ft (a bigint options (column_name 'bb', other 'c') not null, b text, c int, constraint ck check (a > 0)) server srv options (table_name 'ft2'); create view v as select a, c from ft; grant usage on foreign data wrapper w to public; create foreign table ft2 (a int) server srv2;

--- text search: dictionaries, configurations and templates under a generated column and an index
create text search dictionary d (template = simple, stopwords = 'english'); create text search configuration c (copy = simple); alter text search configuration c alter mapping for word, asciiword with d, simple; create table t (body text, ts tsvector generated always as (to_tsvector('public.c', body)) stored); create index on t using gin (to_tsvector('public.c'::regconfig, body));
--- becomes
create text search dictionary d (template = simple, accept = false); create text search dictionary d2 (template = snowball, language = german); create text search configuration c (copy = simple); alter text search configuration c alter mapping for word, asciiword with d2; alter text search configuration c drop mapping for email, url; create table t (body text, ts tsvector generated always as (to_tsvector('public.c', body)) stored); create index on t using gin (to_tsvector('public.c'::regconfig, body)); comment on text search configuration c is 'conf';
--- rows
insert into t values ('some words')

--- casts between own types, implicit and by assignment, used in views, defaults and checks
create type money2 as (n numeric, c text); create function to_m(numeric) returns money2 language sql immutable as $$ select row($1, 'eur')::money2 $$; create cast (numeric as money2) with function to_m(numeric) as assignment; create table t (a numeric, m money2 default 3::numeric::money2); create view v as select a::money2 as m from t;
--- becomes
create type money2 as (n numeric, c text); create function to_m(numeric) returns money2 language sql immutable as $$ select row($1, 'usd')::money2 $$; create function from_m(money2) returns numeric language sql immutable as $$ select $1.n $$; create cast (numeric as money2) with function to_m(numeric) as implicit; create cast (money2 as numeric) with function from_m(money2); create table t (a numeric, m money2 default 4::numeric::money2, check (m::numeric > 0)); create view v as select a::money2 as m, m::numeric as b from t;
--- rows
insert into t values (1)

--- operators, classes and families used by an index, a constraint and a view change their function
create type pair as (a int, b int); create function cmp(pair, pair) returns int language sql immutable as 'select ($1).a - ($2).a'; create function lt(pair, pair) returns boolean language sql immutable as 'select cmp($1, $2) < 0'; create operator <<< (leftarg = pair, rightarg = pair, function = lt); create operator family fam using btree; create operator class cls for type pair using btree family fam as operator 1 <<<, function 1 cmp(pair, pair); create table t (p pair); create index on t (p cls);
--- becomes
create type pair as (a int, b int); create function cmp(pair, pair) returns int language sql immutable as 'select ($1).b - ($2).b'; create function lt(pair, pair) returns boolean language sql immutable as 'select cmp($1, $2) < 0'; create function gt(pair, pair) returns boolean language sql immutable as 'select cmp($1, $2) > 0'; create operator <<< (leftarg = pair, rightarg = pair, function = lt, commutator = >>>, restrict = scalarltsel); create operator >>> (leftarg = pair, rightarg = pair, function = gt, commutator = <<<); create operator family fam using btree; create operator class cls default for type pair using btree family fam as operator 1 <<<, operator 5 >>>, function 1 cmp(pair, pair); create table t (p pair); create index on t (p cls desc); create view v as select * from t where p <<< row(1,2)::pair;
--- rows
insert into t values (row(1,2))

--- aggregates with combine, serial, moving and initial options under views and other aggregates
create function acc(int, int) returns int language sql immutable as 'select $1 + $2'; create aggregate total(int) (sfunc = acc, stype = int, initcond = '0'); create view v as select total(x) from generate_series(1, 3) as g (x); create materialized view m as select total(x) over (order by x) from generate_series(1, 3) as g (x);
--- becomes
create function acc(int, int) returns int language sql immutable as 'select $1 + $2'; create function inv(int, int) returns int language sql immutable as 'select $1 - $2'; create function fin(int) returns text language sql immutable as 'select $1::text'; create aggregate total(int) (sfunc = acc, stype = int, initcond = '1', combinefunc = acc, msfunc = acc, minvfunc = inv, mstype = int, minitcond = '1', finalfunc = fin, mfinalfunc = fin, parallel = safe); create view v as select total(x) from generate_series(1, 3) as g (x); create materialized view m as select total(x) over (order by x) from generate_series(1, 3) as g (x); comment on aggregate total(int) is 'sum';

--- recursive views, security invoker, barrier and check options change places
create table n (id int primary key, up int references n); create recursive view tree (id, depth) as select id, 0 from n where up is null union all select n.id, depth + 1 from n join tree on n.up = tree.id; create view lo with (security_barrier) as select * from n where id < 10 with local check option; create view hi with (security_invoker) as select * from lo where id > 1 with cascaded check option;
--- becomes
create table n (id bigint primary key, up bigint references n, w int); create recursive view tree (id, depth, path) as select id, 0, array[id] from n where up is null union all select n.id, depth + 1, path || n.id from n join tree on n.up = tree.id; create view lo with (security_invoker) as select * from n where id < 10 with cascaded check option; create view hi as select * from lo where id > 1;
--- rows
insert into n values (1, null), (2, 1)

--- unlogged and logged, with identity, toast options and a view
create unlogged table t (id int generated always as identity primary key, b text) with (fillfactor = 70, toast.autovacuum_enabled = false); create view v as select * from t; create unlogged sequence s; create table u (id int default nextval('s'));
--- becomes
create table t (id int generated always as identity primary key, b text) with (autovacuum_enabled = false, parallel_workers = 2); create view v as select * from t; create sequence s; create unlogged table u (id int default nextval('s'));
--- rows
insert into t (b) values ('x')

--- replica identity and clustering by an index that is renamed, remade and becomes a constraint
create table t (id int not null, k int not null); create unique index ri on t (id); alter table t replica identity using index ri; create index cl on t (k); alter table t cluster on cl;
--- becomes
create table t (id int not null, k int not null); create unique index ri2 on t (id, k); alter table t replica identity using index ri2; alter table t add constraint ck unique (k); alter table t cluster on ck;
--- rows
insert into t values (1, 2)

--- names of 63 bytes, quoted, mixed, unicode, with dots and quotes, that all change
create schema "Ünï.Cøde"; create type "Ünï.Cøde"."E""num" as enum ('Ä', 'it''s', ''); create table "Ünï.Cøde"."Ta.ble ""x""" ("Co l" int primary key, "select" "Ünï.Cøde"."E""num" default 'it''s', a23456789012345678901234567890123456789012345678901234567890123 int check (a23456789012345678901234567890123456789012345678901234567890123 > 0)); create index on "Ünï.Cøde"."Ta.ble ""x""" (a23456789012345678901234567890123456789012345678901234567890123, "Co l"); create view "Ünï.Cøde"."V iew" as select "select" as "from", "Co l" from "Ünï.Cøde"."Ta.ble ""x"""; comment on column "Ünï.Cøde"."Ta.ble ""x"""."Co l" is E'back\\slash ''quoted'' $$ü$$';
--- becomes
create schema "Ünï.Cøde"; create type "Ünï.Cøde"."E""num" as enum ('Ä', 'it''s', 'a"b', ''); create table "Ünï.Cøde"."Ta.ble ""x""" ("Co l" bigint primary key, "select" "Ünï.Cøde"."E""num" default 'a"b', a23456789012345678901234567890123456789012345678901234567890123 numeric check (a23456789012345678901234567890123456789012345678901234567890123 > 1), "Order" text[] default '{"a b"}'); create unique index on "Ünï.Cøde"."Ta.ble ""x""" (a23456789012345678901234567890123456789012345678901234567890123, "Order"); create view "Ünï.Cøde"."V iew" as select "select" as "from", "Co l" from "Ünï.Cøde"."Ta.ble ""x""" where "select" = 'a"b'; comment on column "Ünï.Cøde"."Ta.ble ""x"""."Co l" is E'new\nline';
--- rows
insert into "Ünï.Cøde"."Ta.ble ""x""" values (1, 'Ä', 2)

--- extensions move to other schemas with columns, indexes and functions of theirs
create schema x; create extension hstore; create extension citext; create table t (h hstore, c citext unique); create index on t using gin (h); create function f(hstore) returns text language sql immutable as $$ select ($1 -> 'a')::text $$; create view v as select f(h), c from t;
--- becomes
create schema x; create extension hstore schema x; create extension citext schema x; create table t (h x.hstore, c x.citext unique); create index on t using gin (h); create function f(x.hstore) returns text language sql immutable as $$ select ($1 operator(x.->) 'a')::text $$; create view v as select f(h), c from t;
--- rows
insert into t values ('a=>1', 'X')

--- sequences change owner columns crosswise while their columns change types
create table a (id int primary key); create table b (id int primary key); create sequence s1 owned by a.id; create sequence s2 as smallint owned by b.id; alter table a alter id set default nextval('s1'); alter table b alter id set default nextval('s2');
--- becomes
create table a (id bigint primary key); create table b (id smallint primary key); create sequence s1 as bigint owned by b.id; create sequence s2 as int owned by a.id; alter table a alter id set default nextval('s2'); alter table b alter id set default nextval('s1');
--- rows
insert into a default values; insert into b default values

--- the order of columns alone, under a view with a star and a function of the row type
create table t (a int, b text, c date); create view v as select * from t; create function f(t) returns int language sql as 'select $1.a';
--- becomes
create table t (c date, a int, b text); create view v as select a, b, c from t; create function f(t) returns int language sql as 'select $1.a';
--- rows
insert into t values (1, 'x', '2024-01-01')

--- procedures and functions with standard bodies over tables and each other
create table t (id int primary key, n int); create function one() returns int language sql return 1; create function many() returns setof t language sql begin atomic select * from t where n > one(); end; create procedure put(a int) language sql begin atomic insert into t values (a, one()); update t set n = n + 1 where id = a; end; create view v as select * from many();
--- becomes
create table t (id int primary key, n bigint, w text); create function one() returns bigint language sql return 2; create function many() returns setof t language sql begin atomic select * from t where n > one(); end; create procedure put(a int, inout b text default 'x') language sql begin atomic insert into t values (a, one(), b); select w from t where id = a; end; create view v as select id, w from many();
--- rows
insert into t values (1, 2)

--- event triggers on functions whose schema, name and states change
create schema e; create function e.note() returns event_trigger language plpgsql as 'begin end'; create event trigger et on ddl_command_end when tag in ('CREATE TABLE', 'DROP TABLE') execute function e.note(); alter event trigger et disable;
--- becomes
create function note() returns event_trigger language plpgsql as 'begin null; end'; create event trigger et on ddl_command_start when tag in ('CREATE TABLE') execute function note(); alter event trigger et enable always; create event trigger et2 on sql_drop execute function note(); comment on event trigger et2 is 'x';

--- default privileges for schemas, types, routines with new objects under them
create schema s;
--- becomes
create schema s; alter default privileges in schema s grant select on tables to public; alter default privileges in schema s grant execute on functions to public; alter default privileges revoke execute on functions from public; alter default privileges grant usage on types to public; create table s.t (id serial primary key); create function s.f() returns int language sql as 'select 1'; create type s.e as enum ('a'); create view s.v as select * from s.t; create procedure s.p() language sql as ''; create sequence s.q;

--- collations made anew, icu and deterministic, under columns, indexes, domains and views
create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false); create domain dci as text collate ci; create table t (a text collate ci unique, b dci); create index on t (lower(a)); create view v as select a collate "C" as x from t where a = 'x';
--- becomes
create collation ci (provider = icu, locale = 'de-u-ks-level1', deterministic = false); create collation posix2 from "POSIX"; create domain dci as text collate ci; create table t (a text collate ci unique, b dci, c text collate posix2); create index on t (lower(a) collate posix2); create view v as select a collate posix2 as x from t where a = 'x';
--- rows
insert into t values ('a', 'b')

--- exclusion constraints over ranges, domains and casts, with deferral
create extension btree_gist; create table r (room int, during tsrange, exclude using gist (room with =, during with &&));
--- becomes
create extension btree_gist; create table r (room bigint, during tstzrange not null, gone boolean not null default false, constraint r_room_during_excl exclude using gist (room with =, during with &&) where (not gone) deferrable initially deferred, constraint short exclude using gist (during range_ops with &&) with (fillfactor = 80) where (room > 5));
--- rows
insert into r values (1, '[2024-01-01, 2024-02-01)')
--- a trigger's function is dropped and another with the same name in another schema takes over
create schema a; create schema b; create function a.f() returns trigger language plpgsql as 'begin return new; end'; create table t (id int); create trigger x before insert on t for each row execute function a.f(); create trigger y after insert on t referencing new table as n for each statement execute function a.f();
--- becomes
create schema b; create function b.f() returns trigger language plpgsql as 'begin return null; end'; create table t (id int); create trigger x before insert on t for each row execute function b.f('1', 'two'); create trigger y after update on t referencing old table as o new table as n for each statement execute function b.f(); alter table t disable trigger x;

--- a column of an enum array with default, not null, gin index and a check becomes an array of another enum
create type e as enum ('a', 'b'); create table t (id int, e e[] not null default '{}', check ('a' = any (e))); create index on t using gin (e);
--- becomes
create type f as enum ('a', 'b', 'c'); create table t (id int, e f[] not null default '{a}', check ('a' = any (e) or 'c' = any (e))); create index on t using gin (e);
--- rows
insert into t values (1, '{a,b}')

--- schemas are renamed with types, tables, functions and grants in them
create schema s; create type s.e as enum ('x'); create table s.t (id serial primary key, e s.e default 'x'); create function s.f(s.t) returns s.e language sql stable as 'select $1.e'; grant usage on schema s to public; create view v as select s.f(t) from s.t;
--- becomes
create schema z; create type z.e as enum ('x'); create table z.t (id serial primary key, e z.e default 'x'); create function z.f(z.t) returns z.e language sql stable as 'select $1.e'; grant usage on schema z to public; create view v as select z.f(t) from z.t;

--- primary key becomes identity, uuid and composite under references and views
create table a (id serial primary key, name text); create table b (id serial primary key, a_id int references a on delete cascade); create view v as select a.id, a.name, count(b.id) from a left join b on b.a_id = a.id group by a.id;
--- becomes
create table a (id uuid primary key default gen_random_uuid(), name text); create table b (id uuid default gen_random_uuid(), a_id uuid references a on delete cascade, k int not null default 1, primary key (id, k)); create view v as select a.id, a.name, count(b.id) from a left join b on b.a_id = a.id group by a.id;

--- a materialised view becomes a table, a table a view, a view a materialised view, with indexes
create table s (a int); create materialized view m as select a from s; create unique index on m (a); create table t (a int); create view v as select a from s;
--- becomes
create table s (a int); create table m (a int); create unique index on m (a); create view t as select a from s; create materialized view v as select a from s with no data; create index on v (a);
--- rows
insert into s values (1); insert into t values (2)

--- a type becomes a domain, a domain an enum, an enum a composite
create type a as (x int); create domain b as text; create type c as enum ('x'); create table t (a a, b b, c c);
--- becomes
create domain a as text; create type b as enum ('p', 'q'); create type c as (y text); create table t (a a, b b, c c);

--- a function becomes a procedure, an aggregate a function, a procedure an aggregate
create function f(int) returns int language sql as 'select 1'; create function acc(int, int) returns int language sql immutable as 'select 1'; create aggregate g(int) (sfunc = acc, stype = int); create procedure h(int) language sql as '';
--- becomes
create procedure f(int) language sql as ''; create function acc(int, int) returns int language sql immutable as 'select 1'; create function g(int) returns int language sql as 'select 1'; create aggregate h(int) (sfunc = acc, stype = int);

--- inheritance with several parents, overridden defaults, checks with no inherit, and not null of the child alone
create table p (id int, n int default 1, check (n > 0)); create table q (id int, w text, constraint qc check (w <> '') no inherit); create table c (x int) inherits (p, q); alter table c alter n set default 5; alter table c alter w set not null;
--- becomes
create table p (id bigint, n int default 2, constraint p_n_check check (n > 1), z text); create table q (id bigint, w varchar(20) not null, constraint qc check (w <> 'y')); create table c (x int, own text) inherits (p, q); alter table c alter n set default 6; create index on c (z);
--- rows
insert into c values (1, 2, 'w', 3)

--- partition by hash on an expression with subpartitions, default partition, and a unique key at the leaf
create table t (id int, k text not null) partition by hash (lower(k)); create table t0 partition of t for values with (modulus 2, remainder 0); create table t1 partition of t for values with (modulus 2, remainder 1) partition by range (id); create table t1a partition of t1 for values from (0) to (100); create table t1d partition of t1 default; alter table t1a add unique (id);
--- becomes
create table t (id bigint, k text not null, z int default 4) partition by hash (lower(k)); create table t0 partition of t for values with (modulus 2, remainder 0); create table t1 partition of t for values with (modulus 2, remainder 1) partition by range (id); create table t1a partition of t1 for values from (0) to (50); create table t1b partition of t1 for values from (50) to (100); create table t1d partition of t1 default; alter table t1a add primary key (id); create index on t (z) include (k);
--- rows
insert into t values (1, 'a'), (60, 'b'), (70, 'c'), (80, 'd'), (1000, 'e'), (1001, 'f')

--- foreign keys with match full, deferral, on update and set default columns change one by one
create table p (a int, b int, primary key (a, b)); create table c1 (a int, b int, constraint k foreign key (a, b) references p); create table c2 (a int, b int, constraint k foreign key (a, b) references p match full on delete cascade); create table c3 (a int default 1, b int default 2, constraint k foreign key (a, b) references p on delete set default);
--- becomes
create table p (a int, b int, primary key (b, a)); create table c1 (a int, b int, constraint k foreign key (b, a) references p not valid); create table c2 (a int, b int, constraint k foreign key (b, a) references p match full on delete restrict on update set null deferrable); create table c3 (a int default 1, b int default 2, constraint k foreign key (a, b) references p (a, b) on delete set default (b)); 
--- rows
insert into p values (1, 2); insert into c1 values (1, 2)

--- options of everything: tables, toast, indexes, views, tablespace, autovacuum, columns
create table t (a int, b text) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1, toast.autovacuum_vacuum_threshold = 10, user_catalog_table = true); create index i on t (a) with (deduplicate_items = off); alter table t alter a set (n_distinct = 5); alter table t alter b set storage external; alter table t alter b set compression pglz;
--- becomes
create table t (a int, b text) with (fillfactor = 60, autovacuum_enabled = off, toast.vacuum_truncate = false, log_autovacuum_min_duration = 5); create index i on t (a) with (fillfactor = 40); alter table t alter a set (n_distinct_inherited = -0.5); alter table t alter b set storage main; alter table t alter b set statistics 12; alter table t alter a set statistics 0;

--- rules with several actions, do also and instead, conditional, on a view and tables, in states
create table t (a int, b int); create table l (a int); create view v as select a from t; create rule r1 as on insert to t where new.a > 1 do also (insert into l values (new.a); insert into l values (new.b)); create rule r2 as on update to v do instead nothing; alter table t disable rule r1;
--- becomes
create table t (a bigint, b int); create table l (a bigint); create view v as select a from t; create rule r1 as on insert to t where new.a > 2 do also (insert into l values (new.a); delete from l where a = new.b); create rule r2 as on update to v do instead update t set a = new.a where a = old.a returning a; alter table t enable replica rule r1; create rule "R 3" as on delete to t do also notify gone;
--- rows
insert into t values (1, 2)

--- policies over functions, roles, subqueries and each other's tables, with forces
create table a (id int primary key, own name default current_user); create table b (id int, a_id int references a); create policy p on b as permissive for select to public using (exists (select from a where a.id = b.a_id and a.own = current_user)); create policy q on b as restrictive for all using (id > 0) with check (id < 100); alter table b enable row level security;
--- becomes
create table a (id bigint primary key, own name default session_user, gone boolean); create table b (id bigint, a_id bigint references a); create policy p on b as permissive for select to public using (exists (select from a where a.id = b.a_id and not a.gone)); create policy q on b as permissive for update using (id > 0) with check (id < 200); create policy p2 on a for insert with check (own = current_user and not exists (select from b where b.a_id = a.id)); alter table a enable row level security; alter table a force row level security;
--- rows
insert into a values (1); insert into b values (1, 1)

--- generated columns over generated columns' sources, functions and types change together
create type k as enum ('x', 'y'); create function g(int) returns int language sql immutable as 'select $1 + 1'; create table t (a int, b int generated always as (g(a)) stored, c text generated always as (case when a > 1 then 'x' else 'y' end) stored, e k default 'x'); create index on t (b, c);
--- becomes
create type k as enum ('x', 'y', 'z'); create function g(bigint) returns bigint language sql immutable as 'select $1 + 2'; create table t (a bigint, b bigint generated always as (g(a)) stored, c varchar(5) generated always as (case when a > 2 then 'x' else 'y' end) stored, e k default 'z', d int); create index on t (c, b); create index on t (e) where e = 'z';
--- rows
insert into t (a) values (1)

--- views with every odd clause: distinct on, grouping sets, windows, filters, lateral, values, ordinality, tablesample, for update
create table t (a int, b int, c text); create view v1 as select distinct on (a) a, b from t order by a, b desc nulls last; create view v2 as select a, b, grouping(a, b), count(*) filter (where b > 1) from t group by grouping sets ((a), (b), ()); create view v3 as select a, sum(b) over w, lag(c, 1, 'x') over (partition by a order by b rows between 1 preceding and current row exclude ties) from t window w as (order by a); create view v4 as select t.a, x.n, y.o from t, lateral (select t.a + 1 as n) x, unnest(array[1, 2]) with ordinality as y (v, o); create view v5 as select * from t tablesample bernoulli (10) repeatable (1); create view v6 as with w as materialized (select a from t) select * from w union all values (1) except select 2; create view v7 as select * from t for update skip locked; create view v8 (x, y) as values (1, 'a'), (2, 'b');
--- becomes
create table t (a bigint, b bigint, c varchar(9)); create view v1 as select distinct on (a) a, b from t order by a, b desc nulls last; create view v2 as select a, b, grouping(a, b), count(*) filter (where b > 1) from t group by grouping sets ((a), (b), ()); create view v3 as select a, sum(b) over w, lag(c, 1, 'x') over (partition by a order by b rows between 1 preceding and current row exclude ties) from t window w as (order by a); create view v4 as select t.a, x.n, y.o from t, lateral (select t.a + 1 as n) x, unnest(array[1, 2]) with ordinality as y (v, o); create view v5 as select * from t tablesample bernoulli (10) repeatable (1); create view v6 as with w as materialized (select a from t) select * from w union all values (1) except select 2; create view v7 as select * from t for update skip locked; create view v8 (x, y) as values (1, 'a'), (3, 'c');
--- rows
insert into t values (1, 2, 'x')

--- functions with every odd argument: variadic, defaults of types, out tables, settings, supports, transforms
create type e as enum ('a'); create function f(e default 'a', variadic int[] default '{}') returns table (x int, y e) language sql stable rows 5 as 'select 1, $1'; create function g(inout a int, out b text, c e[] default array['a'::e]) language plpgsql strict parallel safe cost 3 set work_mem = '1MB' set search_path = public, pg_temp as 'begin b := a; end'; create procedure h(inout int, out text) language plpgsql security definer as 'begin $2 := $1; end';
--- becomes
create type e as enum ('a', 'b'); create function f(e default 'b', variadic int[] default '{1}') returns table (x int, y e, z text) language sql stable rows 6 as 'select 1, $1, null'; create function g(inout a int, out b text, c e[] default array['b'::e]) language plpgsql parallel restricted cost 4 set work_mem = '2MB' as 'begin b := a + 1; end'; create procedure h(inout int, out text, int default 2) language plpgsql security invoker as 'begin $2 := $1; end';

--- comments on everything that can have one change at once with what they are on
create schema s; create table s.t (a int primary key, constraint ck check (a > 0)); create index ix on s.t (a); create view s.v as select a from s.t; create function s.f(int) returns int language sql as 'select 1'; create domain s.d as int constraint dc check (value > 0); create type s.c as (x int); create type s.e as enum ('a'); create sequence s.q; comment on schema s is '1'; comment on table s.t is '1'; comment on column s.t.a is '1'; comment on constraint ck on s.t is '1'; comment on index s.ix is '1'; comment on constraint t_pkey on s.t is '1'; comment on index s.t_pkey is 'idx'; comment on view s.v is '1'; comment on column s.v.a is '1'; comment on function s.f(int) is '1'; comment on domain s.d is '1'; comment on constraint dc on domain s.d is '1'; comment on type s.c is '1'; comment on column s.c.x is '1'; comment on type s.e is '1'; comment on sequence s.q is '1';
--- becomes
create schema s; create table s.t (a bigint primary key, constraint ck check (a > 1)); create index ix on s.t (a desc); create view s.v as select a from s.t; create function s.f(int) returns bigint language sql as 'select 1'; create domain s.d as bigint constraint dc check (value > 0); create type s.c as (x bigint); create type s.e as enum ('b'); create sequence s.q as int; comment on schema s is '2'; comment on table s.t is '1'; comment on column s.t.a is '1'; comment on constraint ck on s.t is '1'; comment on index s.ix is '1'; comment on constraint t_pkey on s.t is '1'; comment on index s.t_pkey is 'idx'; comment on view s.v is '1'; comment on column s.v.a is '1'; comment on function s.f(int) is '1'; comment on domain s.d is '1'; comment on constraint dc on domain s.d is '1'; comment on type s.c is '1'; comment on column s.c.x is '1'; comment on type s.e is '1'; comment on sequence s.q is '1';
--- rows
insert into s.t values (2)

--- constraints not valid, validated, renamed, with comments, in partitions and parents
create table p (k int, v int) partition by list (k); create table p1 partition of p for values in (1); create table o (id int primary key); alter table p1 add constraint c1 check (v > 0) not valid; alter table p1 add constraint f1 foreign key (v) references o not valid; comment on constraint c1 on p1 is 'cc';
--- becomes
create table p (k int, v int, constraint c0 check (v > 0)) partition by list (k); create table p1 partition of p for values in (1); create table o (id int primary key); alter table p1 add constraint c1 check (v > 0); alter table p1 add constraint f1 foreign key (v) references o; comment on constraint c1 on p1 is 'cc2'; alter table p add constraint f0 foreign key (v) references o on delete cascade;
--- rows
insert into o values (1); insert into p values (1, 1)

--- a not valid check grows valid while its column changes type and name of the constraint stays
create table t (a int, b text); alter table t add constraint c check (a > 0) not valid; alter table t add constraint d check (b <> '') no inherit not valid;
--- becomes
create table t (a numeric(5,1), b varchar(10)); alter table t add constraint c check (a > 0); alter table t add constraint d check (b <> '') not valid;
--- rows
insert into t values (4, 'x')

--- an atomic function is in an index, its argument type's enum gets a label, a view calls it
create type e as enum ('a', 'b'); create function lab(x e) returns text language sql immutable return (x::text || '!'); create function isit(x e) returns boolean language sql immutable return x = 'a'::e; create table t (e e); create index on t (isit(e)); create view v as select lab(e) from t;
--- becomes
create type e as enum ('a', 'c', 'b'); create function lab(x e) returns text language sql immutable return (x::text || '?'); create function isit(x e) returns boolean language sql immutable return x = 'c'::e; create table t (e e); create index on t (isit(e)); create view v as select lab(e) from t;
--- rows
insert into t values ('a')

--- temp-like names: tables called table, columns called oid-like words, functions called like built-ins
create table "table" ("column" int primary key, "user" text default current_user, "end" date, "group" int references "table"); create function "left"(text) returns text language sql immutable as $$ select $1 $$; create view "view" as select "left"("user") as "select" from "table"; create type "int" as (a pg_catalog.int4); create table "order" (x "int", y int);
--- becomes
create table "table" ("column" bigint primary key, "user" text default session_user, "end" timestamp, "group" bigint references "table"); create function "left"(text, text default '') returns text language sql immutable as $$ select $1 || $2 $$; create view "view" as select "left"("user", 'a') as "select" from "table"; create type "int" as (a pg_catalog.int4, b text); create table "order" (x "int", y bigint);
--- rows
insert into "table" values (1, 'x', '2024-01-01', 1)
