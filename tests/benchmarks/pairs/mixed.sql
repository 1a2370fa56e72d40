-- Changes that meet: two or three kinds at once, as branches of an application bring them.

--- a status text becomes an enum with a default, a check, a view and an index over it
create table orders (id serial primary key, status varchar(20) not null default 'open' constraint st check (status in ('open', 'shipped')), total numeric(10,2)); create index on orders (status) where status <> 'shipped'; create view open_orders as select id, total from orders where status = 'open';
--- becomes
create type order_status as enum ('open', 'shipped', 'returned'); create table orders (id bigserial primary key, status order_status not null default 'open', total numeric(12,2)); create index on orders (status) where status <> 'shipped'; create view open_orders as select id, total, status from orders where status = 'open';
--- rows
insert into orders (status, total) values ('open', 3.5), ('shipped', 2)

--- a natural key gives way to a surrogate one, with its references
create table country (code char(2) primary key, name text); create table city (name text, country char(2) not null references country on update cascade, primary key (name, country));
--- becomes
create table country (id int generated always as identity primary key, code char(2) not null unique, name text); create table city (id int generated always as identity primary key, name text, country_id int references country, unique (name, country_id));
--- rows
insert into country values ('de', 'G')

--- a column of several tables becomes a domain, with functions and views over them
create table a (mail text, id int primary key); create table b (mail text unique, a_id int references a); create view v as select a.mail, b.mail as other from a join b on a.id = b.a_id; create function norm(text) returns text language sql immutable as 'select lower($1)'; create unique index on a (norm(mail));
--- becomes
create domain email as text check (value like '%@%'); create table a (mail email not null, id int primary key); create table b (mail email unique, a_id int references a on delete cascade); create view v as select a.mail, b.mail as other from a join b on a.id = b.a_id; create function norm(email) returns text language sql immutable as 'select lower($1)'; create unique index on a (norm(mail));
--- rows
insert into a values ('x@y', 1); insert into b values ('z@y', 1)

--- soft deletes come, with a view in the place of the table
create table post (id int primary key, body text); create function posts() returns setof post language sql stable as 'select * from public.post'; create policy p on post using (true);
--- becomes
create table post_all (id int primary key, body text, gone timestamptz); create view post with (security_invoker = true) as select id, body from post_all where gone is null; create function posts() returns setof post language sql stable as 'select * from public.post'; create policy p on post_all using (gone is null); alter table post_all enable row level security;

--- audit by triggers: a table, a function, triggers on all, a sequence
create table a (id int primary key); create table b (id int primary key);
--- becomes
create schema audit; create table audit.log (id bigint generated always as identity primary key, at timestamptz not null default now(), tab regclass not null, was jsonb, who name default current_user); create function audit.note() returns trigger language plpgsql security definer set search_path = '' as 'begin insert into audit.log (tab, was) values (tg_relid, to_jsonb(old)); return null; end'; create table a (id int primary key); create table b (id int primary key, v text); create trigger zz_audit after update or delete on a for each row execute function audit.note(); create trigger zz_audit after update on b for each row when (old.* is distinct from new.*) execute function audit.note(); revoke all on schema audit from public; create index on audit.log using brin (at); comment on table audit.log is 'who did what';
--- rows
insert into a values (1)

--- tenants: a column, a key, policies and a function for them everywhere
create table org (id int primary key); create table doc (id int primary key, title text); create table note (id int primary key, doc_id int references doc);
--- becomes
create table org (id int primary key); create function org_id() returns int language sql stable as $$ select nullif(current_setting('app.org', true), '')::int $$; create table doc (id int, org_id int not null default org_id() references org, title text, primary key (org_id, id)); create table note (id int, org_id int not null default org_id(), doc_id int, primary key (org_id, id), foreign key (org_id, doc_id) references doc (org_id, id)); alter table doc enable row level security; alter table note enable row level security; create policy own on doc using (org_id = org_id()) with check (org_id = org_id()); create policy own on note using (org_id = (select org_id()));

--- a table is partitioned by time, with its references, triggers, policies, grants and publication
create table acc (id int primary key); create table ev (id bigint generated always as identity primary key, acc_id int not null references acc, at timestamptz not null default now(), body jsonb check (body is not null)); create index on ev (acc_id, at desc); create function tf() returns trigger language plpgsql as 'begin return new; end'; create trigger b before insert on ev for each row execute function tf(); alter table ev enable row level security; create policy p on ev using (acc_id > 0); grant select on ev to public; comment on table ev is 'events'; comment on column ev.body is 'what'; create view recent as select * from ev where at > now() - interval '1 day';
--- becomes
create table acc (id int primary key); create table ev (id bigint generated always as identity, acc_id int not null references acc, at timestamptz not null default now(), body jsonb check (body is not null), primary key (id, at)) partition by range (at); create table ev_old partition of ev for values from (minvalue) to ('2024-01-01Z'); create table ev_new partition of ev for values from ('2024-01-01Z') to (maxvalue); create index on ev (acc_id, at desc); create function tf() returns trigger language plpgsql as 'begin return new; end'; create trigger b before insert on ev for each row execute function tf(); alter table ev enable row level security; create policy p on ev using (acc_id > 0); grant select on ev to public; comment on table ev is 'events'; comment on column ev.body is 'what'; create view recent as select * from ev where at > now() - interval '1 day';
--- rows
insert into acc values (1); insert into ev (acc_id, at, body) values (1, '2023-05-05', '{}'), (1, '2025-05-05', '{}')

--- search: a generated tsvector, an index, a trigram index and a configuration
create table art (id int primary key, title text, body text);
--- becomes
create extension pg_trgm; create text search configuration art_ts (copy = english); create table art (id int primary key, title text, body text, ts tsvector generated always as (setweight(to_tsvector('public.art_ts', coalesce(title, '')), 'A') || to_tsvector('simple', coalesce(body, ''))) stored); create index on art using gin (ts); create index on art using gin (title gin_trgm_ops); create function find(q text) returns setof art language sql stable as $$ select * from art where ts @@ plainto_tsquery('english', q) $$;
--- rows
insert into art values (1, 'a', 'b')

--- a materialised report with its own indexes, function and refresh by trigger
create table sale (id int, day date, n int); create view daily as select day, sum(n) as total from sale group by day;
--- becomes
create table sale (id int, day date not null, n numeric(10,2) not null default 0); create materialized view daily as select day, sum(n) as total from sale group by day with no data; create unique index daily_day on daily (day); create function refresh_daily() returns trigger language plpgsql security definer as 'begin refresh materialized view concurrently public.daily; return null; end'; create trigger r after insert on sale for each statement execute function refresh_daily();
--- rows
insert into sale values (1, '2024-01-01', 5)

--- booleans become a set of flags, an array, then json
create table u (id int, is_a boolean not null default false, is_b boolean, tags text); create index on u (is_a) where is_a;
--- becomes
create type flag as enum ('a', 'b'); create table u (id int, flags flag[] not null default '{}', tags text[] not null default '{}', extra jsonb not null default '{}'::jsonb, constraint few check (cardinality(flags) < 3)); create index on u using gin (flags); create index on u using gin (extra jsonb_path_ops);
--- rows
insert into u values (1, true, false, '{x}')

--- everything is dropped at once
create schema s; create type s.e as enum ('a'); create domain s.d as s.e; create table s.p (id serial primary key, x s.d default 'a', g int generated always as (1) stored) ; create table s.q (id int primary key references s.p, up int references s.q); alter table s.p add foreign key (id) references s.q; create view s.v as select * from s.p; create materialized view s.m as select * from s.v; create index on s.m (id); create function s.f(s.v) returns s.e language sql as 'select ''a''::s.e'; create aggregate s.a(int) (sfunc = int4pl, stype = int); create policy p on s.p using (s.f(null) = 'a'); create function s.t() returns trigger language plpgsql as 'begin return new; end'; create trigger t before insert on s.q for each row execute function s.t(); create publication pb for table s.p; create statistics s.st on id, x from s.p; create rule r as on delete to s.p do instead select 1;
--- becomes
create table other (a int);

--- everything changes its type at once
create table t (a int primary key, b int unique, c varchar(9), d timestamp, e numeric, f json, g int[], h text); create view v as select * from t; create table u (x int references t, y int references t (b)); create function f(t) returns int language sql as 'select 1';
--- becomes
create table t (a bigint primary key, b bigint unique, c text, d timestamptz, e numeric(10,2), f jsonb, g bigint[], h varchar(40)); create view v as select * from t; create table u (x bigint references t, y bigint references t (b)); create function f(t) returns int language sql as 'select 1';
--- rows
insert into t values (1, 2, 'c', '2020-01-01', 3, '{}', '{1}', 'h'); insert into u values (1, 2)

--- constraints swap names, indexes swap names, columns swap types
create table t (a int, b text, constraint one check (a > 0), constraint two check (b <> '')); create index ia on t (a); create index ib on t (b);
--- becomes
create table t (a text, b int, constraint one check (b > 0), constraint two check (a <> '')); create index ia on t (b); create index ib on t (a);

--- sequences swap their owners, and one becomes an identity
create table a (id serial); create table b (id serial); create table c (id serial); alter sequence a_id_seq owned by none; alter sequence b_id_seq owned by a.id; 
--- becomes
create table a (id serial); create table b (id int not null); create sequence b_id_seq as int; alter table b alter id set default nextval('b_id_seq'); create table c (id int generated always as identity (sequence name c_id_seq start 7));

--- views with columns that become others, under grants on columns and rules
create table t (id int, n text, s int); create view v as select id, n from t; grant select (id), update (n) on v to public; create rule up as on update to v do instead update t set n = new.n where id = old.id; comment on column v.n is 'name';
--- becomes
create table t (id bigint, n varchar(20), s int); create view v as select id, n, s from t; grant select (id), update (n), select (s) on v to public; create rule up as on update to v do instead update t set n = new.n, s = new.s where id = old.id; comment on column v.n is 'name';
--- rows
insert into t values (1, 'n', 2)

--- overloads behind an operator, a cast and an aggregate change
create type pt as (x int, y int); create function add(pt, pt) returns pt language sql immutable as 'select row($1.x + $2.x, $1.y + $2.y)::pt'; create operator + (leftarg = pt, rightarg = pt, function = add); create aggregate total(pt) (sfunc = add, stype = pt, initcond = '(0,0)'); create function txt(pt) returns text language sql immutable as 'select $1.x::text'; create cast (pt as text) with function txt(pt); create table t (p pt); create view v as select total(p) as s from t;
--- becomes
create type pt as (x int, y int, z int); create function add(a pt, b pt) returns pt language sql immutable strict as 'select row(a.x + b.x, a.y + b.y, 0)::pt'; create operator + (leftarg = pt, rightarg = pt, function = add, commutator = +); create aggregate total(pt) (sfunc = add, stype = pt, initcond = '(0,0,0)'); create function txt(pt) returns text language sql immutable as 'select $1.y::text'; create cast (pt as text) with function txt(pt) as assignment; create table t (p pt); create view v as select total(p) as s from t;
--- rows
insert into t values (row(1, 2))

--- foreign keys to a unique index, whose key then becomes the primary one
create table p (a int not null, b int not null); create unique index pu on p (a, b); create table c (x int, y int, foreign key (x, y) references p (a, b));
--- becomes
create table p (a int not null, b int not null, primary key (b, a)); create table c (x int, y int, foreign key (y, x) references p (b, a) on delete cascade);
--- rows
insert into p values (1, 2); insert into c values (1, 2)

--- unique constraint under a foreign key changes its columns' order, its name and its options
create table p (a int, b int, constraint u1 unique (a, b)); create table c (x int, y int, constraint f foreign key (x, y) references p (a, b));
--- becomes
create table p (a int, b int, constraint u2 unique (a, b) include (b)); create table c (x int, y int, constraint f foreign key (x, y) references p (a, b));
--- rows
insert into p values (1, 2); insert into c values (1, 2)

--- a chain of generated, checked and indexed columns is renamed without being told
create table t (first text, last text, whole text generated always as (first || ' ' || last) stored, constraint c check (length(first) > 0)); create index on t (whole); create view v as select whole from t;
--- becomes
create table t (given text, last text, whole text generated always as (given || ' ' || last) stored, constraint c check (length(given) > 0)); create index on t (whole); create view v as select whole from t;

--- functions with composite results of tables that lose columns
create table t (id int, a int, b int); create function f() returns table (id int, b int) language sql as 'select id, b from public.t'; create function g() returns t language sql as 'select * from public.t'; create function h(out r t) language sql as 'select t from public.t'; create view v as select (g()).id, (h()).a;
--- becomes
create table t (id int, a int); create function f() returns table (id int) language sql as 'select id from public.t'; create function g() returns t language sql as 'select * from public.t'; create function h(out r t) language sql as 'select t from public.t'; create view v as select (g()).id, (h()).a;

--- check constraints that call functions of other schemas, which move
create schema a; create schema b; create function a.ok(int) returns boolean language sql immutable as 'select $1 > 0'; create table t (x int check (a.ok(x)), y int default 1); create domain d as int check (a.ok(value)); create table u (z d);
--- becomes
create schema a; create schema b; create function b.ok(int) returns boolean language sql immutable as 'select $1 > 0'; create table t (x int check (b.ok(x)), y int default 1); create domain d as int check (b.ok(value)); create table u (z d);
--- rows
insert into t values (1); insert into u values (2)

--- a view between two partitions and their parent
create table m (k int, v int) partition by list (k); create table m1 partition of m for values in (1); create view w as select * from m1 union all select * from m;
--- becomes
create table m (k int, v bigint) partition by list (k); create table m1 partition of m for values in (1, 2); create table m3 partition of m for values in (3); create view w as select * from m1 union all select * from m3;
--- rows
insert into m values (1, 1)

--- triggers and functions that swap, and one table takes over the other's
create function a() returns trigger language plpgsql as 'begin return new; end'; create function b() returns trigger language plpgsql as 'begin return null; end'; create table t (x int); create table u (x int); create trigger one before insert on t for each row execute function a(); create trigger two before insert on u for each row execute function b();
--- becomes
create function a() returns trigger language plpgsql as 'begin return null; end'; create table t (x int); create table u (x int); create trigger one before insert on u for each row execute function a(); create trigger two before insert on t for each row execute function a();

--- nothing but the order of columns, options, labels of comments and grants is another
create role pair_a; create table t (a int, b text, c date) with (fillfactor = 50, autovacuum_enabled = off); grant select, insert on t to pair_a; create view v with (security_barrier, security_invoker) as select a from t;
--- becomes
create role pair_a; create table t (c date, a int, b text) with (autovacuum_enabled = off, fillfactor = 50); grant insert on t to pair_a; grant select on t to pair_a; create view v with (security_invoker, security_barrier) as select a from t;

--- the same in other words
create table t (id int4 primary key, a varchar, b decimal(5,2), c bool default 't', d timestamp without time zone default now(), e char varying(4), f float8, check (a in ('x', 'y')), g serial4);
--- becomes
create table t (id integer not null, a character varying, b numeric(5,2), c boolean default true, d timestamp default now(), e varchar(4), f double precision, g int not null, constraint t_a_check check (a::text = any (array['x'::varchar, 'y'::varchar]::text[]))); alter table t add primary key (id); create sequence t_g_seq as int owned by t.g; alter table t alter g set default nextval('t_g_seq');
