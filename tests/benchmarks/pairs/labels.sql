-- Enums, domains, composites and ranges: one change at a time, with one kind of use.

--- label in the middle, at the start and at the end
create type lv as enum ('b', 'd'); create table t (x lv);
--- becomes
create type lv as enum ('a', 'b', 'c', 'd', 'e'); create table t (x lv);
--- rows
insert into t values ('b')

--- labels change places
create type lv as enum ('lo', 'mid', 'hi'); create table t (x lv default 'mid', unique (x)); create view v as select max(x) as m from t;
--- becomes
create type lv as enum ('hi', 'mid', 'lo'); create table t (x lv default 'mid', unique (x)); create view v as select max(x) as m from t;
--- rows
insert into t values ('lo'), ('hi')

--- label added and used as default, in a check, an index, a policy, a view and a trigger at once
create type lv as enum ('a'); create table t (x lv);
--- becomes
create type lv as enum ('a', 'z'); create table t (x lv default 'z' check (x <> 'z' or x is not null), y lv[] default array['z'::lv]); create index i on t (x) where x = 'z'; alter table t enable row level security; create policy p on t using (x = 'z'); create view v as select * from t where x = 'z'; create function tf() returns trigger language plpgsql as 'begin return new; end'; create trigger g before insert on t for each row when (new.x = 'z') execute function tf();
--- rows
insert into t values ('a')

--- label added and used by an atomic body, a generated column and a domain
create type lv as enum ('a'); create table t (id int);
--- becomes
create type lv as enum ('a', 'b'); create domain dl as lv default 'b' check (value = 'b'); create table t (id int, k lv generated always as (case when id > 3 then 'b'::lv else 'a'::lv end) stored, d dl); create function bf() returns lv language sql begin atomic select 'b'::lv; end; create function df(x lv default 'b') returns boolean language sql immutable as 'select x = ''b''';
--- rows
insert into t values (1)

--- label removed where a function, a domain, a composite and an operator know the type
create type lv as enum ('a', 'b', 'c'); create domain dl as lv check (value <> 'a'); create type pair as (l lv, n int); create function mx(lv, lv) returns lv language sql immutable as 'select greatest($1, $2)'; create operator <+> (leftarg = lv, rightarg = lv, function = mx); create aggregate top(lv) (sfunc = mx, stype = lv); create table t (x lv, d dl, p pair, ps pair[]); create view v as select top(x) as m from t; comment on type lv is 'L'; grant usage on type lv to public;
--- becomes
create type lv as enum ('b', 'c'); create domain dl as lv check (value <> 'c'); create type pair as (l lv, n int); create function mx(lv, lv) returns lv language sql immutable as 'select greatest($1, $2)'; create operator <+> (leftarg = lv, rightarg = lv, function = mx); create aggregate top(lv) (sfunc = mx, stype = lv); create table t (x lv, d dl, p pair, ps pair[]); create view v as select top(x) as m from t; comment on type lv is 'L'; grant usage on type lv to public;
--- rows
insert into t values ('b', 'b', row('c', 1), array[row('b', 2)::pair])

--- label removed under keys, foreign keys and a generated column
create type lv as enum ('a', 'b', 'c'); create table p (k lv primary key, g text generated always as (case when k = 'a' then 'x' else 'y' end) stored); create table q (k lv references p on update cascade, unique (k));
--- becomes
create type lv as enum ('a', 'b'); create table p (k lv primary key, g text generated always as (case when k = 'a' then 'x' else 'y' end) stored); create table q (k lv references p on update cascade, unique (k));
--- rows
insert into p values ('a'); insert into q values ('a')

--- label removed under a policy, a trigger, a rule, statistics and a publication
create type lv as enum ('a', 'b', 'c'); create table t (id int primary key, k lv, n int); create policy p on t using (k = 'a'); create function tf() returns trigger language plpgsql as 'begin return new; end'; create trigger g before update of k on t for each row when (old.k <> 'b') execute function tf(); create rule r as on delete to t where old.k = 'a' do instead nothing; create statistics st on k, n from t; create publication pb for table t (id, k);
--- becomes
create type lv as enum ('a', 'b'); create table t (id int primary key, k lv, n int); create policy p on t using (k = 'a'); create function tf() returns trigger language plpgsql as 'begin return new; end'; create trigger g before update of k on t for each row when (old.k <> 'b') execute function tf(); create rule r as on delete to t where old.k = 'a' do instead nothing; create statistics st on k, n from t; create publication pb for table t (id, k);
--- rows
insert into t values (1, 'a')

--- label removed in two schemas of one type name
create schema s1; create schema s2; create type s1.k as enum ('a', 'b'); create type s2.k as enum ('a', 'b'); create table t (x s1.k, y s2.k);
--- becomes
create schema s1; create schema s2; create type s1.k as enum ('a'); create type s2.k as enum ('a', 'b', 'c'); create table t (x s1.k, y s2.k);
--- rows
insert into t values ('a', 'b')

--- enum of a key of list partitions, labels removed and partitions gone
create type region as enum ('n', 's', 'e', 'w'); create table t (id int, r region not null, primary key (id, r)) partition by list (r); create table t_n partition of t for values in ('n'); create table t_s partition of t for values in ('s'); create table t_o partition of t default;
--- becomes
create type region as enum ('n', 's'); create table t (id int, r region not null, primary key (id, r)) partition by list (r); create table t_n partition of t for values in ('n'); create table t_s partition of t for values in ('s');
--- rows
insert into t values (1, 'n'), (2, 's')

--- enum whose labels are quoted and long
create type odd as enum ('it''s', 'a "b"', 'c\d', ''); create table t (x odd default 'it''s');
--- becomes
create type odd as enum ('it''s', 'ü', 'c\d', 'new ''one'''); create table t (x odd default 'new ''one''');
--- rows
insert into t values ('c\d')

--- empty enum gets labels and loses them
create type e1 as enum (); create type e2 as enum ('a'); create table t (x e1, y e2);
--- becomes
create type e1 as enum ('a', 'b'); create type e2 as enum (); create table t (x e1, y e2);

--- text with a check becomes an enum
create table t (id int, st text not null default 'new' check (st in ('new', 'done'))); create index on t (st) where st = 'new';
--- becomes
create type st as enum ('new', 'done'); create table t (id int, st st not null default 'new'); create index on t (st) where st = 'new';
--- rows
insert into t values (1, 'new'), (2, 'done')

--- enum renamed without being told
create type old_kind as enum ('a', 'b'); create table t (k old_kind not null default 'a'); create function f(old_kind) returns int language sql as 'select 1';
--- becomes
create type new_kind as enum ('a', 'b'); create table t (k new_kind not null default 'a'); create function f(new_kind) returns int language sql as 'select 1';
--- rows
insert into t values ('b')

--- array of an enum becomes the enum, and the enum its array
create type k as enum ('a', 'b'); create table t (one k, many k[]);
--- becomes
create type k as enum ('a', 'b'); create table t (one k[], many text[]);
--- rows
insert into t values ('a', '{a,b}')

--- domain gets and loses everything
create domain d1 as text; create domain d2 as int default 5 not null check (value > 0); create table t (a d1, b d2); comment on domain d2 is 'D';
--- becomes
create domain d1 as text default 'x' not null check (value ~ '^x') constraint short check (length(value) < 9); create domain d2 as int; create table t (a d1, b d2); comment on domain d1 is 'DD'; comment on constraint short on domain d1 is 'S';
--- rows
insert into t values ('xy', 3)

--- domain's check calls a function that changes
create function ok(text) returns boolean language sql immutable as 'select $1 <> '''''; create domain d as text check (ok(value)); create table t (a d, b d[]);
--- becomes
create function ok(text, int default 1) returns boolean language sql immutable as 'select $1 <> '''''; create domain d as text check (ok(value)); create table t (a d, b d[]);
--- rows
insert into t values ('q', '{r}')

--- domain's check renamed and made valid
create domain d as int constraint one check (value > 0); alter domain d add constraint two check (value < 9) not valid; create table t (a d);
--- becomes
create domain d as int constraint uno check (value > 0) constraint two check (value < 9); create table t (a d);
--- rows
insert into t values (3)

--- domain changes its base under a key, a default, an index and a function
create domain id as int; create table t (a id primary key default 4, b id[]); create index i on t ((a + 1)); create function f(id) returns setof id language sql as 'select $1'; create view v as select a from t;
--- becomes
create domain id as bigint; create table t (a id primary key default 4, b id[]); create index i on t ((a + 1)); create function f(id) returns setof id language sql as 'select $1'; create view v as select a from t;
--- rows
insert into t values (1, '{2}')

--- domain in a composite in an array in a table, with partitions
create domain amount as numeric(8,2) check (value >= 0); create type money_pair as (a amount, cur text); create table t (k int, m money_pair[], x amount) partition by range (k); create table t1 partition of t for values from (0) to (9);
--- becomes
create domain amount as numeric(10,3) check (value >= 0); create type money_pair as (a amount, cur text); create table t (k int, m money_pair[], x amount) partition by range (k); create table t1 partition of t for values from (0) to (9);
--- rows
insert into t values (1, array[row(5, 'x')::money_pair], 7)

--- plain column becomes a domain and back, and one domain another
create domain mail as text check (value like '%@%'); create domain num as int; create table t (a text, b mail, c num, d mail default 'x@y');
--- becomes
create domain mail as text check (value like '%@%'); create domain num as int; create domain post as text; create table t (a mail, b text, c bigint, d post default 'x@y');
--- rows
insert into t values ('a@b', 'c@d', 3, 'e@f')

--- domain goes, its columns stay
create domain mail as text check (value like '%@%') not null; create table t (a mail, b mail[]); create function f(mail) returns mail language sql as 'select $1';
--- becomes
create table t (a text, b text[]);
--- rows
insert into t values ('a@b', '{c@d}')

--- domain with a collation
create domain d as text collate "C"; create table t (a d);
--- becomes
create domain d as text collate "POSIX"; create table t (a d); create index on t (a);
--- rows
insert into t values ('a')

--- domain of an array, of a range, of an enum, of a composite
create type e as enum ('a', 'b'); create type c as (x int); create domain d1 as int[] check (array_length(value, 1) < 5); create domain d2 as int4range; create domain d3 as e; create domain d4 as c check ((value).x > 0); create table t (a d1, b d2, c d3, d d4);
--- becomes
create type e as enum ('b', 'a'); create type c as (x int, y int); create domain d1 as bigint[] check (array_length(value, 1) < 6); create domain d2 as int8range; create domain d3 as e; create domain d4 as c check ((value).x > 1); create table t (a d1, b d2, c d3, d d4);
--- rows
insert into t values ('{1}', '[1,2)', 'a', null)

--- composite grows, shrinks, and changes types unused
create type a as (x int, y text); create type b as (x int, y text); create type c as (x int); comment on column a.y is 'Y'; comment on type b is 'B';
--- becomes
create type a as (x int, y text, z date); create type b as (y text); create type c as (x text collate "C"); comment on column a.z is 'Z';

--- composite used by functions, views, another composite and a table of it
create type pt as (x int, y int); create type seg as (a pt, b pt); create function mk(int, int) returns pt language sql as 'select row($1, $2)::pt'; create view v as select (mk(1, 2)).x as x; create function ln(seg) returns int language sql as 'select 1'; create table t (s seg, p pt);
--- becomes
create type pt as (x int, y int, z int); create type seg as (a pt, b pt); create function mk(int, int) returns pt language sql as 'select row($1, $2, 0)::pt'; create view v as select (mk(1, 2)).z as x; create function ln(seg) returns int language sql as 'select 1'; create table t (s seg, p pt);
--- rows
insert into t values (row(row(1, 2), row(3, 4)), row(5, 6))

--- composite attribute of an enum that loses a label
create type e as enum ('a', 'b', 'c'); create type c as (k e, n int); create table t (v c, w c[]); create function f(c) returns e language sql as 'select ($1).k';
--- becomes
create type e as enum ('a', 'b'); create type c as (k e, n int); create table t (v c, w c[]); create function f(c) returns e language sql as 'select ($1).k';
--- rows
insert into t values (row('a', 1), array[row('b', 2)::c])

--- composite becomes a table and a table a composite
create type pt as (x int, y int); create table ln (a int, b text);
--- becomes
create table pt (x int, y int); create type ln as (a int, b text);

--- range with everything
create function diff(int, int) returns double precision language sql immutable as 'select ($1 - $2)::float8'; create type r1 as range (subtype = int, subtype_diff = diff); create type r2 as range (subtype = text, collation = "C"); create table t (a r1, b r2, c int4multirange); create index i on t using gist (a); comment on type r1 is 'R';
--- becomes
create function diff(int, int) returns double precision language sql immutable as 'select ($1 - $2)::float8'; create type r1 as range (subtype = int); create type r2 as range (subtype = text, collation = "POSIX", multirange_type_name = many); create table t (a r1, b r2, c int4multirange, d many); create index i on t using gist (a); comment on type r1 is 'R';
--- rows
insert into t values ('[1,5)', '[a,b)', '{[1,2)}')

--- range in functions and constraints
create type span as range (subtype = timestamp); create table t (s span, exclude using gist (s with &&)); create function len(span) returns interval language sql immutable as 'select upper($1) - lower($1)'; create view v as select len(s) from t;
--- becomes
create type span as range (subtype = timestamptz); create table t (s span, exclude using gist (s with &&)); create function len(span) returns interval language sql immutable as 'select upper($1) - lower($1)'; create view v as select len(s) from t;

--- types with rights and owners of nobody else
create type e as enum ('a'); create domain d as int; create type c as (x int); create type r as range (subtype = int);
--- becomes
create type e as enum ('a'); create domain d as int; create type c as (x int); create type r as range (subtype = int); revoke usage on type e, c, r from public; revoke usage on domain d from public; comment on type e is 'E'; comment on domain d is 'D'; comment on type c is 'C'; comment on type r is 'R';

--- types in a circle with functions and tables
create type a as (x int); create table t (v a); create function f(t) returns a language sql as 'select ($1).v'; create type b as (k a, m t);
--- becomes
create type a as (x int, y int); create table t (v a, n int); create function f(t) returns a language sql as 'select ($1).v'; create type b as (k a, m t);

--- a base type with its functions
create type odd; create function odd_in(cstring) returns odd language internal immutable strict as 'textin'; create function odd_out(odd) returns cstring language internal immutable strict as 'textout'; create type odd (input = odd_in, output = odd_out, like = text); create table t (x odd);
--- becomes
create type odd; create function odd_in(cstring) returns odd language internal immutable strict as 'textin'; create function odd_out(odd) returns cstring language internal immutable strict as 'textout'; create type odd (input = odd_in, output = odd_out, like = text, category = 'S'); create table t (x odd); create cast (odd as text) without function as implicit; comment on type odd is 'o';

--- identity and serial become each other under a reference
create table p (id serial primary key); create table q (id int generated always as identity primary key, p_id int references p);
--- becomes
create table p (id int generated by default as identity primary key); create table q (id serial primary key, p_id int references p);
--- rows
insert into p default values; insert into p default values; insert into q (p_id) values (1)

--- identity changes kind, start, increment, bounds, cache and cycle
create table t (id int generated always as identity, k smallint generated by default as identity (start 5 increment 2 minvalue 1 maxvalue 99 cache 4 cycle)); create table u (id int generated always as identity (increment -1));
--- becomes
create table t (id int generated by default as identity (start 100), k smallint generated always as identity); create table u (id bigint generated always as identity (increment 1));
--- rows
insert into t default values

--- identity gained by a column that has rows, a default, and may be null
create table t (a int default 5, b bigint, c int not null); create table u (id smallint);
--- becomes
create table t (a int generated always as identity, b bigint generated by default as identity (start 50), c int generated always as identity); create table u (id smallint generated always as identity primary key);
--- rows
insert into t values (7, 8, 9); insert into u values (3)

--- sequences change owner, table, type, start and name
create sequence s1; create table a (id int default nextval('s1')); alter sequence s1 owned by a.id; create table b (id int); create sequence s2 as smallint increment 5; create sequence s3;
--- becomes
create sequence s1 as int start 7; create table a (id int); create table b (id int default nextval('s1')); alter sequence s1 owned by b.id; create sequence s2 as bigint increment -5 cache 3 cycle; create sequence s4; comment on sequence s4 is 'four'; grant usage, select on sequence s4 to public;
--- rows
select nextval('s1'), nextval('s2')

--- serial in a schema of its own, mixed case
create schema "App"; create table "App"."Order" ("Id" serial primary key, "Total" numeric); comment on sequence "App"."Order_Id_seq" is 'seq';
--- becomes
create schema "App"; create table "App"."Order" ("Id" bigserial primary key, "Total" numeric, "No" serial not null unique);
--- rows
insert into "App"."Order" ("Total") values (3)
