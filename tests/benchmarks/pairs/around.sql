-- What stands around tables: views, rights, owners, comments, publications, foreign data, extensions, statistics, schemas.

--- grants of each kind of object come
create role pair_a; create schema s; create table s.t (a int, b int); create sequence s.q; create view s.v as select a from s.t; create materialized view s.m as select a from s.t; create function s.f(int) returns int language sql as 'select 1'; create procedure s.p() language sql as 'select 1'; create aggregate s.g(int) (sfunc = int4pl, stype = int); create type s.e as enum ('a'); create domain s.d as int; create foreign data wrapper w; create server z foreign data wrapper w;
--- becomes
create role pair_a; create schema s; create table s.t (a int, b int); create sequence s.q; create view s.v as select a from s.t; create materialized view s.m as select a from s.t; create function s.f(int) returns int language sql as 'select 1'; create procedure s.p() language sql as 'select 1'; create aggregate s.g(int) (sfunc = int4pl, stype = int); create type s.e as enum ('a'); create domain s.d as int; create foreign data wrapper w; create server z foreign data wrapper w; grant usage, create on schema s to pair_a; grant select, insert on s.t to pair_a with grant option; grant update (b), references (a) on s.t to pair_a; grant usage on sequence s.q to pair_a; grant select on s.v, s.m to public; grant select (a) on s.v to pair_a; grant execute on function s.f(int) to pair_a; revoke execute on procedure s.p() from public; grant execute on function s.g(int) to pair_a; grant usage on type s.e to pair_a; revoke usage on domain s.d from public; grant usage on foreign data wrapper w to pair_a; grant usage on foreign server z to pair_a;

--- grants change their options and their columns
create role pair_a; create role pair_b; create table t (a int, b int, c int); grant select, update on t to pair_a; grant insert on t to pair_a with grant option; grant select (a, b) on t to pair_b; grant all on t to public;
--- becomes
create role pair_a; create role pair_b; create table t (a int, b int, c int); grant select on t to pair_a with grant option; grant insert on t to pair_a; grant select (b, c), update (a) on t to pair_b; grant trigger on t to public;

--- the owner loses rights of its own
create table t (a int); create function f() returns int language sql as 'select 1'; create sequence q; create schema s;
--- becomes
create table t (a int); revoke insert, delete on t from current_user; create function f() returns int language sql as 'select 1'; revoke all on function f() from current_user; create sequence q; revoke update on sequence q from current_user; create schema s; revoke create on schema s from current_user;

--- grants upon what is made anew
create role pair_a; create table t (a int, k text); create view v as select a from t; create materialized view m as select a from t; create function f(x int) returns int language sql as 'select x'; create type e as enum ('a', 'b'); create table u (x e); grant select on t, v, m to pair_a; grant select (a) on v to public; grant execute on function f(int) to pair_a; revoke usage on type e from public; grant usage on type e to pair_a;
--- becomes
create role pair_a; create table t (a bigint, k text) partition by list (k); create view v as select a from t; create materialized view m as select a from t; create function f(y int) returns bigint language sql as 'select y::bigint'; create type e as enum ('b'); create table u (x e); grant select on t, v, m to pair_a; grant select (a) on v to public; grant execute on function f(int) to pair_a; revoke usage on type e from public; grant usage on type e to pair_a;

--- default privileges of each kind, in a schema and everywhere
create role pair_a; create role pair_b; create schema s; alter default privileges in schema s grant select on tables to pair_a; alter default privileges for role pair_b grant usage on types to pair_a; alter default privileges grant all on sequences to public;
--- becomes
create role pair_a; create role pair_b; create schema s; alter default privileges in schema s grant select, insert on tables to pair_a with grant option; alter default privileges for role pair_b revoke usage on types from public; alter default privileges revoke execute on functions from public; alter default privileges in schema s grant execute on routines to pair_a; alter default privileges grant create on schemas to pair_b; alter default privileges for role pair_a in schema s grant usage on sequences to pair_b;

--- new objects under default privileges that stay
create role pair_a; create schema s; alter default privileges in schema s grant select on tables to pair_a; alter default privileges in schema s grant usage on sequences to pair_a; alter default privileges revoke execute on functions from public; alter default privileges in schema s grant execute on functions to pair_a;
--- becomes
create role pair_a; create schema s; alter default privileges in schema s grant select on tables to pair_a; alter default privileges in schema s grant usage on sequences to pair_a; alter default privileges revoke execute on functions from public; alter default privileges in schema s grant execute on functions to pair_a; create table s.t (id serial); create view s.v as select * from s.t; create function s.f() returns int language sql as 'select 1'; create table s.u (a int); revoke all on s.u from pair_a; create function f() returns int language sql as 'select 1'; grant execute on function f() to public; create procedure s.p() language sql as 'select 1'; create type s.e as enum ('x');

--- new objects under default privileges of another role
create role pair_a; create role pair_b; alter default privileges for role pair_b grant select on tables to pair_a; alter default privileges for role pair_b revoke execute on functions from public;
--- becomes
create role pair_a; create role pair_b; alter default privileges for role pair_b grant select on tables to pair_a; alter default privileges for role pair_b revoke execute on functions from public; create table t (a int); create function f() returns int language sql as 'select 1'; create table mine (a int); alter table mine owner to pair_b; create function g() returns int language sql as 'select 1'; alter function g() owner to pair_b;

--- default privileges go while what they made stays as it was
create role pair_a; alter default privileges grant select on tables to pair_a; create table t (a int); create view v as select a from t;
--- becomes
create role pair_a; create table t (a int); grant select on t to pair_a; create view v as select a from t; create table u (a int);

--- default privileges of a schema that goes
create role pair_a; create role pair_b; create schema s; alter default privileges in schema s grant select, delete on tables to pair_a; alter default privileges in schema s grant usage on sequences to pair_b; create table s.t (a int);
--- becomes
create role pair_a; create role pair_b; create schema r; alter default privileges in schema r grant select on tables to pair_b; create table r.t (a int);

--- an extension that nothing uses gets an older version
create extension hstore; comment on extension hstore is 'kept';
--- becomes
create extension hstore version '1.4'; comment on extension hstore is 'kept';

--- owners of every kind
create role pair_su superuser; create schema s; create table t (id serial, a int); create view v as select a from t; create materialized view m as select a from t; create function f() returns int language sql as 'select 1'; create type e as enum ('a'); create domain d as int; create sequence q; create aggregate g(int) (sfunc = int4pl, stype = int); create publication p; create statistics st on id, a from t; create collation co (locale = 'C'); create text search configuration c (parser = default); create procedure pr() language sql as 'select 1'; create foreign data wrapper w; create server z foreign data wrapper w; create operator ### (leftarg = int, rightarg = int, function = int4pl);
--- becomes
create role pair_su superuser; create schema s; alter schema s owner to pair_su; create table t (id serial, a int); alter table t owner to pair_su; create view v as select a from t; alter view v owner to pair_su; create materialized view m as select a from t; alter materialized view m owner to pair_su; create function f() returns int language sql as 'select 1'; alter function f() owner to pair_su; create type e as enum ('a'); alter type e owner to pair_su; create domain d as int; alter domain d owner to pair_su; create sequence q; alter sequence q owner to pair_su; create aggregate g(int) (sfunc = int4pl, stype = int); alter aggregate g(int) owner to pair_su; create publication p; alter publication p owner to pair_su; create statistics st on id, a from t; alter statistics st owner to pair_su; create collation co (locale = 'C'); alter collation co owner to pair_su; create text search configuration c (parser = default); alter text search configuration c owner to pair_su; create procedure pr() language sql as 'select 1'; alter procedure pr() owner to pair_su; create foreign data wrapper w; alter foreign data wrapper w owner to pair_su; create server z foreign data wrapper w; alter server z owner to pair_su; create operator ### (leftarg = int, rightarg = int, function = int4pl); alter operator ### (int, int) owner to pair_su;

--- owner with grants that it gave, and a new object of it
create role pair_a; create role pair_b; create table t (a int); alter table t owner to pair_a; grant select on t to pair_b;
--- becomes
create role pair_a; create role pair_b; create table t (a int); alter table t owner to pair_b; grant select on t to pair_a; create table u (a int); alter table u owner to pair_a; grant insert on u to pair_b; create view v as select a from u; alter view v owner to pair_a;

--- comments on all that can have one come, change and go
create schema s; create table s.t (id int primary key, a int check (a > 0)); create index i on s.t (a); create view v as select * from s.t; comment on schema s is 'one'; comment on table s.t is 'one'; comment on column s.t.a is 'one'; comment on index s.i is 'one'; comment on view v is 'one'; comment on column v.a is 'one'; comment on constraint t_a_check on s.t is 'one'; comment on index s.t_pkey is 'one';
--- becomes
create schema s; create table s.t (id int primary key, a int check (a > 0)); create index i on s.t (a); create view v as select * from s.t; comment on schema s is 'two'; comment on column s.t.id is 'two'; comment on constraint t_pkey on s.t is 'two'; comment on index s.t_pkey is 'zwei'; comment on view v is 'it''s "two"'; create sequence q; comment on sequence q is 'q'; create statistics st on id, a from s.t; comment on statistics st is 'st'; create collation co (locale = 'C'); comment on collation co is 'co'; create extension hstore; comment on extension hstore is 'mine'; create publication p; comment on publication p is 'p'; create foreign data wrapper w; comment on foreign data wrapper w is 'w'; create server z foreign data wrapper w; comment on server z is 'z'; create foreign table ft (a int) server z; comment on foreign table ft is 'ft'; comment on column ft.a is 'fa'; create materialized view m as select * from s.t; comment on materialized view m is 'm'; comment on column m.a is 'ma'; create domain d as int constraint k check (value > 0); comment on constraint k on domain d is 'k';

--- publications of all, of schemas, of tables, with lists and filters
create schema s; create table t (id int primary key, a int, b text); create table u (id int primary key); create table s.x (id int); create publication p1 for table t, u; create publication p2 for all tables; create publication p3 for tables in schema s; create publication p4 for table t (id, a) where (a > 3 and id > 0);
--- becomes
create schema s; create table t (id int primary key, a int, b text); create table u (id int primary key); create table s.x (id int); create publication p1 for table only t (id, b), s.x with (publish = 'insert'); create publication p2 for all tables with (publish = 'insert, update', publish_via_partition_root = true); create publication p3 for tables in schema s, public; create publication p4 for table t (id, b) where (id > 5); create publication p5 for tables in schema s, table u; comment on publication p5 is 'five';

--- publication of all tables becomes one of some
create table t (id int primary key); create publication p for all tables; create publication q for table t;
--- becomes
create table t (id int primary key); create publication p for table t; create publication q for all tables;

--- publication of a table that is made anew, and of one that goes
create table t (id int, k text); create table gone (id int); create publication p for table t where (id > 3), gone with (publish = 'insert');
--- becomes
create table t (id int, k text) partition by list (k); create publication p for table t where (id > 4) with (publish = 'insert', publish_via_partition_root = true);

--- publication of partitions
create table t (id int) partition by range (id); create table t1 partition of t for values from (0) to (10); create publication p for table t1;
--- becomes
create table t (id int) partition by range (id); create table t1 partition of t for values from (0) to (10); create publication p for table t with (publish_via_partition_root = true);

--- foreign data in all its parts
create foreign data wrapper w options (debug 'true'); create server z type 'x' version '1' foreign data wrapper w options (host 'a', port '1'); create foreign table ft (a int options (n 'a'), b text not null default 'q') server z options (tab 't', gone 'x'); create user mapping for public server z;
--- becomes
create foreign data wrapper w options (debug 'false', more 'x'); create server z type 'x' version '2' foreign data wrapper w options (host 'b', db 'd'); create foreign table ft (a bigint options (n 'b', m 'c'), c date, check (a > 0)) server z options (tab 'u'); create user mapping for current_user server z; create server z2 foreign data wrapper w; create view v as select a from ft;

--- foreign table changes its server, and becomes a table
create foreign data wrapper w; create server z1 foreign data wrapper w; create server z2 foreign data wrapper w; create foreign table f1 (a int) server z1; create foreign table f2 (a int, b text) server z1; create table f3 (a int); create view v as select * from f2;
--- becomes
create foreign data wrapper w; create server z1 foreign data wrapper w; create server z2 foreign data wrapper w; create foreign table f1 (a int) server z2; create table f2 (a int, b text); create foreign table f3 (a int) server z1; create view v as select * from f2;

--- foreign table as a partition and as a child
create foreign data wrapper w; create server z foreign data wrapper w; create table t (a int) partition by range (a); create table p (a int);
--- becomes
create foreign data wrapper w; create server z foreign data wrapper w; create table t (a int) partition by range (a); create foreign table t1 partition of t for values from (0) to (10) server z options (x 'y'); create table p (a int); create foreign table k (b int) inherits (p) server z;

--- extensions with schemas, versions and what uses them
create schema ext; create extension hstore version '1.4'; create extension citext schema ext; create table t (a hstore, b ext.citext);
--- becomes
create schema ext; create extension hstore schema ext version '1.8'; create extension citext schema ext; create extension pg_trgm schema ext; create table t (a ext.hstore, b ext.citext unique); create index i on t using gin ((b::text) ext.gin_trgm_ops);

--- extension comes with a type, an operator class, a function in a default and an index
create table t (id int, n text);
--- becomes
create extension pgcrypto; create extension btree_gin; create extension "uuid-ossp"; create extension ltree; create table t (id int, n text, u uuid default uuid_generate_v4(), h text default encode(digest('x', 'sha1'), 'hex'), p ltree); create index i on t using gin (id, n); create index j on t using gist (p);

--- extension goes while its column becomes another
create extension citext; create table t (a citext unique, b citext[]); create view v as select a from t; create function f(citext) returns citext language sql as 'select $1';
--- becomes
create table t (a text unique, b text[]); create view v as select a from t; create function f(text) returns text language sql as 'select $1';
--- rows
insert into t values ('A', '{B}')

--- an object that an extension owns gets rights
create role pair_a; create extension hstore;
--- becomes
create role pair_a; create extension hstore; revoke execute on function hstore(text, text) from public; grant execute on function hstore(text, text) to pair_a;

--- statistics of all kinds
create table t (a int, b int, c text); create statistics s1 (ndistinct) on a, b from t; create statistics s2 on (a + b) from t;
--- becomes
create table t (a int, b int, c text); create statistics s1 (ndistinct, mcv) on a, b, c from t; create schema o; create statistics o.s2 (dependencies) on a, lower(c) from t; alter statistics s1 set statistics 100; comment on statistics o.s2 is 's';

--- a schema is renamed without being told
create schema one; create type one.e as enum ('a'); create table one.t (id serial primary key, k one.e default 'a'); create view one.v as select k from one.t; create function one.f(one.e) returns int language sql as 'select 1'; grant usage on schema one to public;
--- becomes
create schema two; create type two.e as enum ('a'); create table two.t (id serial primary key, k two.e default 'a'); create view two.v as select k from two.t; create function two.f(two.e) returns int language sql as 'select 1'; grant usage on schema two to public;

--- schemas that need each other
create schema a; create schema b; create table a.t (id int primary key); create table b.t (id int primary key references a.t);
--- becomes
create schema a; create schema b; create type b.k as enum ('x'); create function b.gen() returns b.k language sql as 'select ''x''::b.k'; create table a.t (id int primary key, k b.k default b.gen()); create table b.t (id int primary key references a.t); create view a.v as select t.id, u.id as other from a.t t join b.t u on true; create function b.n() returns setof a.v language sql as 'select * from a.v'; alter table a.t add constraint back foreign key (id) references b.t deferrable;

--- view gets columns at its end, loses one, renames one, retypes one
create table t (a int, b text, c date); create view v1 as select a from t; create view v2 as select a, b from t; create view v3 as select a as x from t; create view v4 as select a from t; create view w1 as select * from v1; create view w2 as select a from v2;
--- becomes
create table t (a int, b text, c date); create view v1 as select a, b, c from t; create view v2 as select a from t; create view v3 as select a as y from t; create view v4 as select a::bigint as a from t; create view w1 as select a from v1; create view w2 as select a from v2;

--- view options of every kind come and go
create table t (a int, b int); create view v1 as select a from t where a > 0 with cascaded check option; create view v2 with (security_barrier) as select a from t; create view v3 as select a from t; create view v4 with (security_invoker = false) as select b from t;
--- becomes
create table t (a int, b int); create view v1 as select a from t where a > 0; create view v2 with (security_invoker) as select a from t; create view v3 with (security_barrier = true, security_invoker = true) as select a from t where a > 1 with local check option; create view v4 as select b from t;

--- views upon views upon views, the first changes
create table t (a int, b int); create view v1 as select a, b from t; create view v2 as select a from v1; create view v3 as select v1.b, v2.a from v1, v2; create materialized view v4 as select * from v3; create view v5 as select count(*) from v4; create index on v4 (a); grant select on v3 to public; comment on view v5 is 'five';
--- becomes
create table t (a int, b int); create view v1 as select b, a from t; create view v2 as select a from v1; create view v3 as select v1.b, v2.a from v1, v2; create materialized view v4 as select * from v3; create view v5 as select count(*) from v4; create index on v4 (a); grant select on v3 to public; comment on view v5 is 'five';

--- view and table swap, view and materialised view swap
create table base (a int); create table x (a int); create view y as select a from base; create view p as select a from base; create materialized view q as select a from base;
--- becomes
create table base (a int); create view x as select a from base; create table y (a int); create materialized view p as select a from base; create view q as select a from base;

--- materialised views with and without data, indexes, methods and options
create table t (a int, b int); create materialized view m1 as select a from t; create materialized view m2 as select a from t with no data; create unique index mi on m1 (a);
--- becomes
create table t (a int, b int); create materialized view m1 with (fillfactor = 70) as select a, b from t; create materialized view m2 as select a from t; create unique index mi on m1 (a) include (b); create materialized view m3 as select m1.a from m1 join m2 on true; create index mj on m3 (a); alter materialized view m3 cluster on mj;
--- rows
insert into t values (1, 2)

--- views that take part in defaults, checks by functions and policies
create table t (a int); create view v as select a from t; create function f() returns int language sql as 'select count(*)::int from public.v'; create table u (n int default f());
--- becomes
create table t (a int); create view v as select a, a as b from t; create function f() returns bigint language sql as 'select count(*) from public.v'; create table u (n bigint default f()); create policy p on u using (n in (select b from v));

--- temporal order of everything that calls everything
create table a (x int);
--- becomes
create type st as enum ('on', 'off'); create domain pos as int check (value > 0); create function is_on(st) returns boolean language sql immutable as 'select $1 = ''on'''; create table a (x int, s st default 'on' check (is_on(s)), p pos); create view v as select x, is_on(s) as o from a; create function vs() returns setof v language sql as 'select * from public.v'; create table b (y pos default 3, n int default (1 + 2), k bigint generated always as (y * 2) stored); create materialized view m as select * from vs(); create index on m (x); create function tg() returns trigger language plpgsql as 'begin perform 1 from public.m; return new; end'; create trigger g before insert on b for each row execute function tg(); create policy p on b using (exists (select from m where m.x = b.y)); create rule r as on delete to a do also select 1; create statistics s on x, s from a; create publication pu for table a (x) where (x > 0);
--- rows
insert into a values (1)

--- collations with providers and options
create collation c1 (locale = 'C'); create table t (a text collate c1, b text); create index i on t (b collate c1);
--- becomes
create collation c1 (locale = 'C'); create collation c2 (provider = icu, locale = 'und', deterministic = false); create collation c3 (lc_collate = 'C', lc_ctype = 'POSIX'); create table t (a text collate c2, b text collate c3); create index i on t (b collate c1); comment on collation c2 is 'c'; create domain d as text collate c2; create type k as (x text collate c3);
--- rows
insert into t values ('a', 'b')

--- public is gone, and is back
create table t (a int);
--- becomes
drop schema public; create schema other; create table other.t (a int);

--- names that meet in different kinds
create table thing (a int); create function thing() returns int language sql as 'select 1'; create schema thing; create type thing.thing as enum ('thing'); create sequence thing.s; create view thing.v as select a from thing;
--- becomes
create table thing (a bigint); create function thing(int) returns int language sql as 'select 1'; create schema thing; create domain thing.thing as text; create view thing.s as select 1 as x; create sequence thing.v; create index thing_a on thing (a); create table thing.thing_a (a int);

--- grants on the sequence of an identity
create role pair_a; create table t (id int generated always as identity);
--- becomes
create role pair_a; create table t (id int generated always as identity); grant usage, select on sequence t_id_seq to pair_a;

--- a new table with grants on the sequence of its identity
create role pair_a;
--- becomes
create role pair_a; create table t (a int, id int generated always as identity); grant usage on sequence t_id_seq to pair_a;

--- an identity with a grant on its sequence goes, and one becomes serial
create role pair_a; create table t (id int generated always as identity, b int generated always as identity); grant usage on sequence t_id_seq, t_b_seq to pair_a;
--- becomes
create role pair_a; create table t (id int, b serial); grant usage on sequence t_b_seq to pair_a;

--- the owner loses rights on the sequence of an identity
create table t (id int generated always as identity);
--- becomes
create table t (id int generated always as identity); revoke usage on sequence t_id_seq from current_user;

--- an identity comes under default privileges of sequences
create role pair_a; alter default privileges grant usage on sequences to pair_a; create table t (id int not null); create table u (a int, g int generated always as (a + 1) stored not null);
--- becomes
create role pair_a; alter default privileges grant usage on sequences to pair_a; create table t (id int generated always as identity); create table u (a int, g int generated by default as identity);

--- an identity comes under default privileges of sequences, without
create role pair_a; alter default privileges grant usage on sequences to pair_a; create table t (id int not null);
--- becomes
create role pair_a; alter default privileges grant usage on sequences to pair_a; create table t (id int generated always as identity); revoke all on sequence t_id_seq from pair_a;

--- column grants under default privileges
create role pair_a; alter default privileges grant select on tables to pair_a;
--- becomes
create role pair_a; alter default privileges grant select on tables to pair_a; create table t (a int, b int); revoke all on t from pair_a; grant select (a) on t to pair_a; create materialized view m as select a, b from t; revoke all on m from pair_a; grant select (b) on m to pair_a;

--- table grants change while column grants stay
create role pair_a; create role pair_b; create table t (a int, b int); grant select, update on t to pair_a; grant select (a), insert (b) on t to pair_a; grant select (b) on t to pair_b;
--- becomes
create role pair_a; create role pair_b; create table t (a int, b int); grant update on t to pair_a; grant select (a), insert (b) on t to pair_a; grant select on t to pair_b; grant select (b) on t to pair_b;

--- table grants go while column grants stay
create role pair_a; create table t (a int, b int); grant select on t to pair_a; grant select (a) on t to pair_a;
--- becomes
create role pair_a; create table t (a int, b int); grant select (a) on t to pair_a;

--- table and function of its row type in its check and index go
create table t (a int); create function f(t) returns int immutable language sql as 'select ($1).a'; alter table t add check (f(t) > 0); create index i on t (f(t.*));
--- becomes
create table z (a int);

--- table and function of its row type in its check, table partitioned
create table t (a int); create function f(t) returns int immutable language sql as 'select ($1).a'; alter table t add check (f(t) > 0); create index i on t (f(t.*)); create function k(t) returns int language sql as 'select 1';
--- becomes
create table t (a int) partition by list (a); create function f(t) returns int immutable language sql as 'select ($1).a'; alter table t add check (f(t) > 0); create index i on t (f(t.*)); create function k(t) returns int language sql as 'select 1';

--- key column of a subpartition goes, and another comes
create table p (a int, b int, c int) partition by list (a); create table p1 partition of p for values in (1) partition by list (b); create table p11 partition of p1 for values in (1);
--- becomes
create table p (a int, c int, d int) partition by list (a); create table p1 partition of p for values in (1) partition by list (d); create table p11 partition of p1 for values in (1);

--- the primary key has a unique constraint beside it
create table t (a int, constraint u unique (a)); create table f (a int references t (a));
--- becomes
create table t (a int primary key, constraint u unique (a)); create table f (a int references t (a));

--- role with settings and memberships
create role pair_a; create role pair_b; create table t (a int);
--- becomes
create role pair_a; create role pair_b; create table t (a int); alter table t owner to pair_a; create view v as select a from t; alter view v owner to pair_b; grant select on t to pair_b;
