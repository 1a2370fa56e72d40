--- privileges of columns, with options, from several grantors, change with renamed and retyped columns
create table t (a int, b int, c int); grant select (a, b), update (c) on t to public; grant insert on t to r_role_a with grant option; grant select (c) on t to r_role_a;
--- becomes
create table t (a bigint, b int, d int); grant select (b, d), references (a) on t to public; grant insert (a) on t to r_role_a with grant option; grant all on t to r_role_b;

--- default privileges for roles, in schemas, revoked built-in rights and types
create schema s; alter default privileges for role r_role_a in schema s grant select on tables to r_role_b; alter default privileges for role r_role_a revoke execute on functions from public;
--- becomes
create schema s; alter default privileges for role r_role_a in schema s grant select, insert on tables to r_role_b with grant option; alter default privileges for role r_role_b revoke usage on types from public; alter default privileges for role r_role_a grant usage on schemas to r_role_b; alter default privileges in schema s grant usage on sequences to public;

--- owners of everything change with grants, row types and dependents
create schema s authorization r_role_a; create table s.t (id serial primary key); create view s.v as select * from s.t; create function s.f() returns int language sql as 'select 1'; create type s.e as enum ('a'); create domain s.d as int; grant select on s.t to r_role_b; alter table s.t owner to r_role_a; alter view s.v owner to r_role_a;
--- becomes
create schema s authorization r_role_b; create table s.t (id bigserial primary key, e text); create view s.v as select id from s.t; create function s.f() returns int language sql as 'select 2'; create type s.e as enum ('a', 'b'); create domain s.d as bigint; grant select on s.t to r_role_b; alter table s.t owner to r_role_b; alter view s.v owner to r_role_a; alter function s.f() owner to r_role_a; alter type s.e owner to r_role_b; alter domain s.d owner to r_role_b;

--- a table with everything is dropped beside one with everything that stays
create schema app; create type app.k as enum ('x'); create function app.tf() returns trigger language plpgsql as 'begin return new; end'; create table app.gone (id serial primary key, k app.k default 'x', up int references app.gone, g int generated always as (1) stored); create index on app.gone (k); create trigger t before insert on app.gone for each row execute function app.tf(); create policy p on app.gone using (true); create rule r as on delete to app.gone do also select 1; create statistics app.st on id, up from app.gone; create publication pub for table app.gone; create view app.v as select * from app.gone; create materialized view app.m as select * from app.v; create function app.f(app.gone) returns app.k language sql as 'select $1.k'; create table app.stays (g_id int references app.gone, k app.k);
--- becomes
create schema app; create type app.k as enum ('x'); create table app.stays (g_id int, k app.k); create publication pub;

--- a serial column's sequence is shared by two tables
create sequence s; create table a (id int primary key default nextval('s')); create table b (id int primary key default nextval('s'), a_id int references a); alter sequence s owned by a.id;
--- becomes
create sequence s as int; create table a (id int primary key default nextval('s')); create table b (id bigint primary key default nextval('s'), a_id int references a on delete set null); alter sequence s owned by none; create table c (id int default nextval('s'));
--- rows
insert into a default values; insert into b (a_id) values (1)

--- json, xml-like and geometric defaults, and every literal in defaults and checks
create table t (a jsonb default '{"a": [1, "x''y", null]}', b point default '(1,2)', c interval default '1 day -02:00', d bytea default '\xdeadbeef', e timestamptz default '2024-01-01 00:00+02', f numeric default 'NaN', g text[] default array['a,b', null, '"'], h bit(3) default b'101', i text default E'\\\n\t''', j char default 'x', k date default current_date, l inet default '10.0.0.1/8', m int4range default '[1,5)', n double precision default 'Infinity', o regclass default 'pg_class', p "char" default 'c', q money default 1.5, r int default -1, s int default (1 + 2) * 3, u text default current_user || 'x', v time default localtime, w bigint default 3000000000, x boolean default (not true));
--- becomes
create table t (a jsonb default '{"a": [1, "x''y", 2]}', b point default '(1,3)', c interval default '1 mon', d bytea default '\x00', e timestamptz default '2024-01-02 00:00+02', f numeric default '-Infinity', g text[] default array['a,b', 'null', '\\'], h bit(3) default b'111', i text default E'\\\n\t''"', j char default '''', k date default current_date + 1, l inet default '10.0.0.2/8', m int4range default 'empty', n double precision default '-Infinity', o regclass default 'pg_type', p "char" default 'd', q money default 2.5, r int default +1, s int default (1 + 3) * 3, u text default session_user || 'x', v time default localtime(2), w bigint default -3000000000, x boolean default null);
--- rows
insert into t default values

--- partial, expression, unique, descending and multi-method indexes are renamed, replaced and commented
create table t (a int, b text, c jsonb); create index one on t (a) where b is not null; create unique index two on t (lower(b), a desc nulls last); create index three on t using gin (c jsonb_path_ops); comment on index one is 'x'; create index four on t ((c ->> 'a'), (a % 2)); alter index four alter column 2 set statistics 50;
--- becomes
create table t (a int, b text, c jsonb); create index uno on t (a) where b is not null; create unique index two on t (upper(b), a desc nulls first) where a > 0; create index three on t using gin (c); comment on index uno is 'y'; create index four on t ((c ->> 'b'), (a % 2)); alter index four alter column 1 set statistics 60; create unique index five on t (a) nulls not distinct;
--- rows
insert into t values (1, 'x', '{}')

--- unique constraint to index and back, primary key to unique, with a foreign key onto the index
create table p (a int, b int, c int); create unique index pa on p (a); alter table p add constraint pb unique (b); alter table p add primary key (c); create table r (a int references p (a), b int references p (b), c int references p (c));
--- becomes
create table p (a int, b int, c int not null); alter table p add constraint pa unique (a); create unique index pb on p (b); create unique index p_pkey on p (c); create table r (a int references p (a), b int references p (b), c int references p (c));
--- rows
insert into p values (1, 2, 3); insert into r values (1, 2, 3)

--- triggers: names, timing, columns, conditions, arguments, constraint ones and states on partitioned and plain
create function f() returns trigger language plpgsql as 'begin return new; end'; create table t (a int, b text) partition by list (a); create table t1 partition of t for values in (1); create trigger x after insert or update of a on t for each row when (new.a > 0) execute function f('a'); create constraint trigger y after delete on t1 deferrable for each row execute function f(); alter table t1 disable trigger x; create trigger z before truncate on t1 execute function f();
--- becomes
create function f() returns trigger language plpgsql as 'begin return old; end'; create table t (a int, b varchar(4)) partition by list (a); create table t1 partition of t for values in (1); create trigger x after insert or update of a, b on t for each row when (new.b <> 'q') execute function f('a', 'b'); create constraint trigger y after delete or update on t1 deferrable initially deferred for each row execute function f(); alter table t enable always trigger x; create trigger z after truncate on t1 execute function f();
--- rows
insert into t values (1, 'x')

--- a function's body names columns, tables and types that are renamed or gone
create table old_t (a int, b int); create function f() returns bigint language sql as 'select sum(a) from old_t'; create function g() returns void language plpgsql as 'declare r old_t; begin select * into r from old_t; end'; create view v as select f() as x;
--- becomes
create table new_t (a int, c int); create function f() returns bigint language sql as 'select sum(c) from new_t'; create function g() returns void language plpgsql as 'declare r new_t; begin select * into r from new_t; end'; create view v as select f() as x;

--- tables of a composite type, functions returning tables and setof composites change attributes in the middle
create type ct as (a int, b text, c date); create table t (a int, b text, primary key (a)); create function f() returns setof ct language sql as 'select 1, null::text, null::date'; create table u (x ct, y ct[]); create view v as select (x).a, (x).b from u;
--- becomes
create type ct as (a int, c date, d numeric); create table t (a int, c date default current_date, primary key (a)); create function f() returns setof ct language sql as 'select 1, null::date, null::numeric'; create table u (x ct, y ct[]); create view v as select (x).a, (x).d from u;
--- rows
insert into t values (1, 'x'); insert into u values (row(1, 'x', '2024-01-01'), array[row(2, 'y', null)::ct])

--- materialised view chain over a function over a type over a domain that changes
create domain d as int check (value > 0); create type c as (x d); create function mk(int) returns c language sql immutable as 'select row($1)::public.c'; create table t (id int primary key, v c); create materialized view m1 as select id, (mk(id)).x as x from t; create unique index on m1 (id); create materialized view m2 as select sum(x) as s from m1; comment on materialized view m2 is 'sum';
--- becomes
create domain d as bigint check (value > 1); create type c as (x d, y text); create function mk(int) returns c language sql immutable as $$ select row($1, 'z')::public.c $$; create table t (id int primary key, v c); create materialized view m1 as select id, (mk(id)).x as x, (mk(id)).y from t; create unique index on m1 (id); create materialized view m2 as select sum(x) as s, max(y) from m1; comment on materialized view m2 is 'sum';
--- rows
insert into t values (2, row(2))

--- conversions, languages, access methods, transforms and security of functions
create extension hstore; create conversion cv for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1; create function f(int) returns int language sql security definer leakproof as 'select 1';
--- becomes
create extension hstore; create default conversion cv for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1; create access method am type table handler heap_tableam_handler; create table t (a int) using am; create function f(int) returns int language sql set timezone = 'UTC' as 'select 1'; create function sup(internal) returns internal language internal as 'generate_series_int4_support';

--- a text column becomes an enum, an enum a text with a check, an int a boolean, under views, indexes and functions
create table t (id int primary key, s text not null default 'new' check (s in ('new', 'old')), k int default 0); create index on t (s) where s = 'new'; create view v as select id, s, k from t where s = 'old'; create function f(text) returns bigint language sql stable as 'select count(*) from t where s = $1';
--- becomes
create type st as enum ('new', 'old'); create table t (id int primary key, s st not null default 'new', k boolean default false); create index on t (s) where s = 'new'; create view v as select id, s, k from t where s = 'old'; create function f(text) returns bigint language sql stable as 'select count(*) from t where s = $1::st';
--- rows
insert into t values (1, 'old', 1)

--- a generated column joins a foreign key and a unique key, its base column leaves
create table p (k text primary key); create table t (a text, b text, ab text generated always as (a || b) stored references p, unique (ab));
--- becomes
create table p (k text primary key); create table t (a text, c text default 'c', ab text generated always as (a || c) stored references p, unique (ab));
--- rows
insert into p values ('xy'), ('xc'); insert into t values ('x', 'y')

--- schema of a function, its search path, and objects with one name in two schemas trade places
create schema a; create schema b; create table a.t (x int); create table b.t (y text); create function a.f() returns int language sql set search_path = a as 'select 1'; create view v as select t.x, u.y from a.t, b.t u;
--- becomes
create schema a; create schema b; create table b.t (x int); create table a.t (y text); create function b.f() returns int language sql set search_path = b as 'select 1'; create view v as select t.x, u.y from b.t, a.t u;
--- rows
insert into a.t values (1)
