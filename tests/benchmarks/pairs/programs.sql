-- Views, functions, aggregates, operators, casts, triggers of events, text search, foreign data, publications, rights.

--- function result under everything
create table t (a int); create function f(x int, y int default 2) returns int language sql immutable as 'select x + y'; create view v as select f(a) from t; create index i on t (f(a, 1)); alter table t add check (f(a) > 0), add b int default f(1), add c int generated always as (f(a)) stored; create policy p on t using (f(a) > 1); create materialized view m as select f(a, 5) from t;
create function g() returns int language sql begin atomic select f(1); end; create function h(int, int) returns int language sql immutable as 'select 1'; create operator @+@ (function = f, leftarg = int, rightarg = int);
--- becomes
create table t (a int); create function f(x int, y int default 3, z int default 4) returns bigint language sql immutable as 'select x + y'; create view v as select f(a) from t; create index i on t (f(a, 1)); alter table t add check (f(a) > 0), add b bigint default f(1), add c bigint generated always as (f(a)) stored; create policy p on t using (f(a) > 1); create materialized view m as select f(a, 5) from t;
create function g() returns bigint language sql begin atomic select f(1); end; create function h(int, int) returns int language sql immutable as 'select 1'; create operator @+@ (function = h, leftarg = int, rightarg = int);
--- rows
insert into t values (1)

--- function attributes
create function f(int) returns int language plpgsql as 'begin return 1; end'; create function g(a int, out b int, out c text) language sql as 'select 1, ''x'''; create procedure p(inout a int) language plpgsql as 'begin a := 1; end'; create function v(variadic int[]) returns int language sql as 'select 1'; create function s() returns setof int language sql as 'select 1'; comment on function f(int) is 'F';
--- becomes
create function f(int) returns int language sql immutable strict parallel safe leakproof cost 5 security definer set search_path = 'public' as 'select 2'; create function g(a int, out b int, out d text) language sql as 'select 1, ''x'''; create procedure p(inout a int, b int default 1) language plpgsql as 'begin a := 1; end'; create function v(variadic text[]) returns int language sql as 'select 1'; create function s() returns setof int language sql rows 5 as 'select 1'; comment on function f(int) is 'FF'; revoke execute on function f(int) from public;

--- functions that return tables
create function f() returns table (a int, b text) language sql as 'select 1, ''x'''; create view v as select * from f();
--- becomes
create function f() returns table (a int, c text, d int) language sql as 'select 1, ''x'', 2'; create view v as select * from f();

--- procedure becomes a function
create procedure p() language sql as 'select 1'; create function q() returns int language sql as 'select 1';
--- becomes
create function p() returns int language sql as 'select 1'; create procedure q() language sql as 'select 1';

--- argument names
create function f(a int) returns int language sql as 'select a'; create view v as select f(1);
--- becomes
create function f(b int) returns int language sql as 'select b'; create view v as select f(1);

--- aggregates made anew under views
create function sf(int, int) returns int language sql immutable as 'select $1 + $2'; create function ff(int) returns text language sql as 'select ''x'''; create aggregate a1(int) (sfunc = sf, stype = int, initcond = '0'); create aggregate a2(int) (sfunc = sf, stype = int, finalfunc = ff); create table t (a int); create view v as select a1(a), a2(a) from t; comment on aggregate a1(int) is 'A';
--- becomes
create function sf(int, int) returns int language sql immutable as 'select $1 * $2'; create function ff(int) returns int language sql as 'select 1'; create aggregate a1(int) (sfunc = sf, stype = int, initcond = '1', parallel = safe, combinefunc = sf); create aggregate a2(int) (sfunc = sf, stype = int, finalfunc = ff); create table t (a int); create view v as select a1(a), a2(a) from t;

--- views
create table t (a int, b text, c date); create view v as select a, b from t; create view w with (security_barrier) as select a from v with local check option; create view x as select a as k, b as l from v where exists (select from w where w.a = v.a); create recursive view r (n) as select 1 union all select n + 1 from r where n < 5; alter view v alter a set default 5; comment on view v is 'V'; comment on column v.a is 'VA'; grant select on v to public; grant select (k) on x to public;
--- becomes
create table t (a int, b text, c date); create view v as select b, a, c from t; create view w with (security_invoker) as select a from v with cascaded check option; create view x as select a as k, c as l from v where exists (select from w where w.a = v.a); create recursive view r (n) as select 1 union all select n + 2 from r where n < 5; comment on view v is 'V2'; comment on column v.b is 'VB'; grant select, insert on v to public;

--- materialised views with indexes and more upon them
create table t (a int, b text); create materialized view m as select a, b from t; create unique index mi on m (a); create materialized view n as select a from m; create index ni on n (a); create view v as select * from n; comment on materialized view m is 'M'; grant select on m to public; alter materialized view n set (fillfactor = 50); create materialized view e as select 1 as one with no data;
--- becomes
create table t (a bigint, b text); create materialized view m as select a, b, 1 as c from t; create unique index mi on m (a, b); create materialized view n as select a from m; create index ni on n (a); create view v as select * from n; comment on materialized view m is 'M'; grant select on m to public; alter materialized view n set (fillfactor = 60); create materialized view e as select 1 as one; cluster m using mi;
--- rows
insert into t values (1, 'x')

--- views in a circle with functions
create table t (a int); create view v as select a from t; create function f() returns setof v language sql as 'select * from v'; create view w as select * from f();
--- becomes
create table t (a int, b int); create view v as select a, b from t; create function f() returns setof v language sql as 'select * from v'; create view w as select * from f();

--- operators, classes, families
create function eq(point, point) returns boolean language sql immutable as 'select true'; create operator === (function = eq, leftarg = point, rightarg = point, commutator = ===); create operator family of1 using btree; create function cmp(int, int) returns int language sql immutable as 'select 1'; create operator class oc1 for type int using btree family of1 as operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 cmp(int, int); create table t (a int); create index i on t (a oc1); comment on operator === (point, point) is 'O'; comment on operator class oc1 using btree is 'C'; comment on operator family of1 using btree is 'F';
--- becomes
create function eq(point, point) returns boolean language sql immutable as 'select false'; create operator === (function = eq, leftarg = point, rightarg = point, commutator = ===, restrict = eqsel, hashes); create operator family of1 using btree; create function cmp(int, int) returns int language sql immutable as 'select 2'; create function cmp2(int, int) returns int language sql immutable as 'select 2'; create operator class oc1 for type int using btree family of1 as operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 cmp2(int, int); create table t (a int); create index i on t (a oc1);
--- rows
insert into t values (1)

--- casts
create type a as enum ('x'); create function f(a) returns int language sql as 'select 1'; create cast (a as int) with function f(a); create cast (a as text) with inout as implicit; comment on cast (a as int) is 'C';
--- becomes
create type a as enum ('x'); create function f(a) returns int language sql as 'select 1'; create cast (a as int) with function f(a) as assignment; create cast (a as varchar) with inout; 

--- event triggers
create function f() returns event_trigger language plpgsql as 'begin end'; create function g() returns event_trigger language plpgsql as 'begin end'; create event trigger a on ddl_command_start execute function f(); create event trigger b on sql_drop execute function f(); create event trigger c on ddl_command_end when tag in ('CREATE TABLE') execute function f(); comment on event trigger a is 'A';
--- becomes
create function f() returns event_trigger language plpgsql as 'begin end'; create function g() returns event_trigger language plpgsql as 'begin end'; create event trigger a on ddl_command_start execute function g(); alter event trigger a disable; create event trigger c on ddl_command_end when tag in ('CREATE TABLE', 'DROP TABLE') execute function f(); create event trigger d on table_rewrite execute function f(); alter event trigger d enable always;

--- text search
create text search dictionary d (template = simple, stopwords = english); create text search configuration c (copy = pg_catalog.english); alter text search configuration c alter mapping for asciiword with d; create table t (a text); create index i on t using gin (to_tsvector('c', a)); comment on text search configuration c is 'C'; comment on text search dictionary d is 'D';
--- becomes
create text search dictionary d (template = simple, stopwords = english, accept = false); create text search configuration c (copy = pg_catalog.simple); alter text search configuration c alter mapping for asciiword, word with d, simple; create table t (a text); create index i on t using gin (to_tsvector('c', a)); create text search dictionary e (template = snowball, language = german);

--- foreign data
create extension postgres_fdw; create server s foreign data wrapper postgres_fdw options (host 'a', dbname 'b'); create user mapping for public server s; create foreign table ft (a int options (column_name 'x'), b text) server s options (schema_name 'p', table_name 'q'); create view v as select * from ft; comment on server s is 'S'; comment on foreign table ft is 'FT'; create foreign data wrapper w; create server s2 foreign data wrapper w;
--- becomes
create extension postgres_fdw; create server s version '2' foreign data wrapper postgres_fdw options (host 'z', port '5'); create foreign table ft (a bigint options (column_name 'y'), b text not null, c int) server s options (table_name 'qq'); create view v as select * from ft; create foreign data wrapper w options (a 'b'); create server s2 type 'x' foreign data wrapper w; create user mapping for public server s2; create foreign table f2 (a int check (a > 0)) server s2; grant usage on foreign server s to public; alter foreign table ft add constraint k check (a > 1);

--- a foreign table becomes a table
create foreign data wrapper w; create server s foreign data wrapper w; create foreign table t (a int) server s; create view v as select a from t;
--- becomes
create table t (a int); create view v as select a from t;

--- a foreign table becomes a partition
create extension postgres_fdw; create server s foreign data wrapper postgres_fdw; create table p (a int, b text) partition by range (a); create foreign table f (a int, b text) server s;
--- becomes
create extension postgres_fdw; create server s foreign data wrapper postgres_fdw; create table p (a int, b text) partition by range (a); create foreign table f partition of p for values from (0) to (10) server s; create table p2 partition of p for values from (10) to (20);

--- publications
create schema s; create table t (a int primary key, b int); create table u (a int primary key); create table s.w (a int); create publication p1 for table t, u; create publication p2 for all tables; create publication p3 for table t (a) where (a > 5) with (publish = 'insert, delete'); create publication p4 for tables in schema s; comment on publication p1 is 'P';
--- becomes
create schema s; create table t (a bigint primary key, b int); create table u (a int primary key); create table s.w (a int); create publication p1 for table t; create publication p2 for table u; create publication p3 for table t (a, b) where (a > 6) with (publish = 'insert', publish_via_partition_root); create publication p4 for tables in schema s, public; create publication p5;

--- statistics
create table t (a int, b int, c text); create statistics s1 on a, b from t; create statistics s2 (mcv) on a, c from t; alter statistics s2 set statistics 50; comment on statistics s1 is 'S';
--- becomes
create table t (a int, b int, c text); create statistics s1 (ndistinct) on a, b from t; create statistics s2 (mcv) on a, c from t; create statistics s3 on (a + b), c from t; comment on statistics s2 is 'S';

--- default privileges and grants
create role r_role_a; create role r_role_b; alter default privileges grant select on tables to r_role_a; create table t (a int, b text); alter default privileges in schema public grant execute on functions to r_role_b; alter default privileges revoke execute on functions from public; create function f() returns int language sql as 'select 1'; grant select (a), update (b) on t to r_role_b; grant usage on schema public to r_role_a with grant option; create sequence s; grant usage on sequence s to r_role_a; create type e as enum ('a'); revoke usage on type e from public;
--- becomes
create role r_role_a; create role r_role_b; alter default privileges grant select, insert on tables to r_role_b; create table t (a int, b text, c int); alter default privileges in schema public grant usage on sequences to r_role_b; create function f() returns int language sql as 'select 1'; create function g() returns int language sql as 'select 1'; grant select (b), update (b) on t to r_role_b; grant usage on schema public to r_role_b; create sequence s; grant all on sequence s to r_role_b; create type e as enum ('a'); grant usage on type e to r_role_a; create table n (a int); create sequence q;

--- owners
create role r_role_a; create table t (a int); create schema s; create function f() returns int language sql as 'select 1'; create type e as enum ('x'); create view v as select 1 as a; create sequence q;
--- becomes
create role r_role_a; create table t (a int); alter table t owner to r_role_a; create schema s authorization r_role_a; create function f() returns int language sql as 'select 1'; alter function f() owner to r_role_a; create type e as enum ('x'); alter type e owner to r_role_a; create view v as select 1 as a; alter view v owner to r_role_a; create sequence q; alter sequence q owner to r_role_a; create materialized view m as select 1 as a; alter materialized view m owner to r_role_a; create domain d as int; alter domain d owner to r_role_a;

--- owner of something made anew
create role r_role_a; create table t (a int); create view v as select a from t; alter view v owner to r_role_a; grant select on v to public; create function f() returns int language sql as 'select 1'; alter function f() owner to r_role_a; alter table t owner to r_role_a;
--- becomes
create role r_role_a; create table t (a bigint); create view v as select a from t; alter view v owner to r_role_a; grant select on v to public; create function f() returns bigint language sql as 'select 1'; alter function f() owner to r_role_a; alter table t owner to r_role_a;

--- sequences
create sequence s start 5; create sequence t as smallint increment 2 maxvalue 100 cycle; create table o (a int); create sequence u owned by o.a; comment on sequence s is 'S'; create unlogged sequence un;
--- becomes
create sequence s start 7 cache 5; create sequence t as bigint increment -1 minvalue -50; create table o (a int, b int); create sequence u owned by o.b; create sequence un;

--- extensions
create extension hstore; create extension citext; create table t (a hstore, b citext); create index on t using gin (a); comment on extension hstore is 'H';
--- becomes
create schema ext; create extension hstore schema ext; create extension pg_trgm; create table t (a ext.hstore, b text); create index on t using gin (a); create index on t using gin (b gin_trgm_ops);
--- rows
insert into t values ('a=>1', 'x')

--- extension goes with its columns
create extension hstore; create table t (a int, h hstore); create function f(hstore) returns int language sql as 'select 1'; create view v as select h from t;
--- becomes
create table t (a int); create view v as select a from t;

--- conversions and comments
create conversion c for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1; comment on conversion c is 'C'; create collation n (provider = icu, locale = 'und', deterministic = false); comment on collation n is 'N'; create table t (a text collate n);
--- becomes
create default conversion c for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1; create collation n (provider = icu, locale = 'de', deterministic = false); create table t (a text collate n);
--- rows
insert into t values ('a')

--- comments on everything
create schema s; create table s.t (a int primary key, b text); create index i on s.t (b); create view s.v as select * from s.t; create materialized view s.m as select 1 as a; create sequence s.q; create type s.e as enum ('a'); create type s.c as (a int); create domain s.d as int; create type s.r as range (subtype = int); create function s.f() returns int language sql as 'select 1'; create procedure s.p() language sql as 'select 1'; create collation s.co (locale = 'C'); create statistics s.st on a, b from s.t;
--- becomes
create schema s; create table s.t (a int primary key, b text); create index i on s.t (b); create view s.v as select * from s.t; create materialized view s.m as select 1 as a; create sequence s.q; create type s.e as enum ('a'); create type s.c as (a int); create domain s.d as int; create type s.r as range (subtype = int); create function s.f() returns int language sql as 'select 1'; create procedure s.p() language sql as 'select 1'; create collation s.co (locale = 'C'); create statistics s.st on a, b from s.t;
comment on schema s is '1'; comment on table s.t is '2'; comment on column s.t.a is '3'; comment on index s.i is '4'; comment on view s.v is '5'; comment on column s.v.a is '6'; comment on materialized view s.m is '7'; comment on column s.m.a is '8'; comment on sequence s.q is '9'; comment on type s.e is '10'; comment on type s.c is '11'; comment on column s.c.a is '12'; comment on domain s.d is '13'; comment on type s.r is '14'; comment on function s.f() is '15'; comment on procedure s.p() is '16'; comment on collation s.co is '17'; comment on statistics s.st is '18'; comment on constraint t_pkey on s.t is '19'; comment on index s.t_pkey is '20';

--- functions whose bodies name what comes later
create table a (x int);
--- becomes
create table a (x int, y int default 0); set check_function_bodies = off; create function f1() returns int language sql as 'select public.f2()'; create function f2() returns int language sql as 'select y from public.a limit 1'; create view v as select f1(); create materialized view m as select f2() as q; create table c (z int default f1(), check (z > 0)); create function tr() returns trigger language plpgsql as 'begin perform public.f1(); return new; end'; create trigger t before insert on c for each row execute function tr();

--- type used by function that is used by default of table that is used by view
create type e as enum ('a', 'b'); create function f(e) returns e language sql immutable as 'select $1'; create table t (x e default f('a'), y int); create view v as select x, f(x) as z from t; create function g() returns setof v language sql as 'select * from v'; create index i on t (f(x));
--- becomes
create type e as enum ('b', 'c'); create function f(e) returns e language sql immutable as 'select $1'; create table t (x e default f('b'), y int); create view v as select x, f(x) as z from t; create function g() returns setof v language sql as 'select * from v'; create index i on t (f(x));
--- rows
insert into t values ('b', 1)

--- overloaded routines
create function f(int) returns int language sql as 'select 1'; create function f(text) returns int language sql as 'select 2'; create view v as select f(1), f('x'::text) as g;
--- becomes
create function f(bigint) returns int language sql as 'select 1'; create function f(text, int default 1) returns int language sql as 'select 2'; create view v as select f(1), f('x'::text) as g;
