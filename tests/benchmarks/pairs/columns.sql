-- Columns: types, defaults, nullability, identity, generated, what hangs on them.

--- type under everything that can hang on a column
create table t (id int primary key, a int not null default 3 check (a > 0), b text); 
create index t_a on t (a); create unique index t_ab on t ((a + 1), b) where a > 5;
create view v as select id, a from t; create view w as select a * 2 as c from v where a > 1;
create materialized view m as select a, count(*) from t group by a; create unique index m_a on m (a);
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger g before update of a on t for each row when (new.a > old.a) execute function f();
create policy p on t using (a > 0) with check (a < 100); alter table t enable row level security;
create rule r as on update to t where new.a = 7 do also select 1;
create statistics s on a, b from t; comment on statistics s is 'st';
comment on column t.a is 'A'; comment on view w is 'W'; comment on column w.c is 'C'; comment on index m_a is 'MA'; comment on policy p on t is 'P'; comment on trigger g on t is 'G'; comment on rule r on t is 'R'; comment on constraint t_a_check on t is 'K'; comment on index t_a is 'I';
grant select on v to public; grant select (c) on w to public; alter view w set (security_barrier = true); alter table t alter a set statistics 77;
create publication pub for table t where (a > 10);
create function sf(x t) returns int language sql begin atomic select x.a; end;
create table u (id int primary key, t_id int references t on delete cascade);
--- becomes
create table t (id int primary key, a bigint not null default 3 check (a > 0), b text); 
create index t_a on t (a); create unique index t_ab on t ((a + 1), b) where a > 5;
create view v as select id, a from t; create view w as select a * 2 as c from v where a > 1;
create materialized view m as select a, count(*) from t group by a; create unique index m_a on m (a);
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger g before update of a on t for each row when (new.a > old.a) execute function f();
create policy p on t using (a > 0) with check (a < 100); alter table t enable row level security;
create rule r as on update to t where new.a = 7 do also select 1;
create statistics s on a, b from t; comment on statistics s is 'st';
comment on column t.a is 'A'; comment on view w is 'W'; comment on column w.c is 'C'; comment on index m_a is 'MA'; comment on policy p on t is 'P'; comment on trigger g on t is 'G'; comment on rule r on t is 'R'; comment on constraint t_a_check on t is 'K'; comment on index t_a is 'I';
grant select on v to public; grant select (c) on w to public; alter view w set (security_barrier = true); alter table t alter a set statistics 77;
create publication pub for table t where (a > 10);
create function sf(x t) returns bigint language sql begin atomic select x.a; end;
create table u (id int primary key, t_id int references t on delete cascade);
--- rows
insert into t values (1, 8, 'x'), (2, 9, 'y'); insert into u values (1, 1);

--- key type with foreign keys onto it
create table t (id int primary key); create table u (t_id int not null references t on update cascade deferrable, primary key (t_id)); create table w (t_id int references u);
--- becomes
create table t (id bigint primary key); create table u (t_id bigint not null references t on update cascade deferrable, primary key (t_id)); create table w (t_id bigint references u);
--- rows
insert into t values (1); insert into u values (1); insert into w values (1)

--- text to integer with default and check
create table t (id int, a text default '5' check (a <> ''), b varchar(5) default 'ab');
--- becomes
create table t (id int, a int default 5 check (a <> 0), b varchar(3) default 'ab');
--- rows
insert into t values (1, '12', 'abc')

--- integer to uuid cannot keep values but is planned
create table t (id int, a text);
--- becomes
create table t (id int, a uuid);

--- boolean and integer
create table t (a int default 0, b boolean default true, c smallint, d boolean);
--- becomes
create table t (a boolean default false, b int default 1, c boolean, d text);
--- rows
insert into t values (1, true, 1, false)

--- timestamps
create table t (a timestamp, b timestamptz default now(), c date, d time, e interval, f timestamp(3));
--- becomes
create table t (a timestamptz, b date default current_date, c timestamp, d timetz, e interval day to second, f timestamp(0));
--- rows
insert into t values ('2020-01-01 10:00', now(), '2020-01-01', '10:00', '1 day', now())

--- json and arrays
create table t (a json, b text, c int[], d text[], e varchar(10)[], f jsonb default '{}');
--- becomes
create table t (a jsonb, b jsonb, c bigint[], d int[], e text[], f text default 'x');
--- rows
insert into t values ('{"a":1}', '{"b":2}', '{1,2}', '{3}', '{x}', '{}')

--- scalar to array and back
create table t (a int default 1, b text not null default 'x');
--- becomes
create table t (a int[] default '{1}', b text[] not null default '{x}');
--- rows
insert into t values (1, 'q')

--- serial and identity in every direction
create table a (id serial primary key); create table b (id int generated always as identity primary key); create table c (id int primary key); create table d (id serial); create table e (id bigserial); create table f (id int generated by default as identity (start 10 increment 5));
--- becomes
create table a (id int generated always as identity primary key); create table b (id serial primary key); create table c (id serial primary key); create table d (id int not null); create table e (id int generated by default as identity); create table f (id bigint generated always as identity (start 20 increment 2 cycle));
--- rows
insert into a default values; insert into a default values; insert into b default values; insert into c values (7); insert into d default values; insert into e default values; insert into f default values

--- serial to bigserial
create table t (id serial primary key, a int); create table u (id int references t);
--- becomes
create table t (id bigserial primary key, a int); create table u (id bigint references t);
--- rows
insert into t (a) values (1), (2); insert into u values (2)

--- generated columns
create table t (a int, b int generated always as (a * 2) stored, c int, d text generated always as ('x') stored);
create index on t (b); create view v as select b from t;
--- becomes
create table t (a int, b bigint generated always as (a * 3) stored, c int generated always as (a + 1) stored, d text);
create index on t (b); create view v as select b from t;
--- rows
insert into t (a, c) values (1, 5)

--- generated column on a column that changes its type
create table t (a int, b numeric generated always as (a * 2) stored check (b > 0)); create view v as select a, b from t; create index on t (b);
--- becomes
create table t (a numeric(10,2), b numeric generated always as (a * 2) stored check (b > 0)); create view v as select a, b from t; create index on t (b);
--- rows
insert into t values (4)

--- not null, storage, compression, statistics, options
create table t (a text not null, b text, c text, d int, e text);
alter table t alter b set storage external, alter c set statistics 5, alter d set (n_distinct = 5), alter e set compression pglz;
--- becomes
create table t (a text, b text not null, c text, d int, e text);
alter table t alter b set storage main, alter c set statistics 500, alter d set (n_distinct = -1, n_distinct_inherited = 7);
--- rows
insert into t values ('a', 'b', 'c', 1)

--- collation of a column under an index and a view
create collation c1 (provider = libc, locale = 'C'); create table t (a text, b text collate c1); create index on t (a); create view v as select a, b from t; create unique index on t (b);
--- becomes
create collation c1 (provider = libc, locale = 'C'); create table t (a text collate c1, b text); create index on t (a); create view v as select a, b from t; create unique index on t (b);

--- collation made anew under columns
create collation c1 (provider = libc, locale = 'C'); create table t (a text collate c1 not null default 'x'); create index on t (a); create view v as select a from t;
--- becomes
create collation c1 (provider = libc, locale = 'POSIX'); create table t (a text collate c1 not null default 'x'); create index on t (a); create view v as select a from t;
--- rows
insert into t values ('q')

--- defaults that call functions and sequences
create sequence s; create function f() returns int language sql as 'select 1'; create table t (a int default nextval('s'), b int default f(), c int);
--- becomes
create sequence s2; create function f() returns bigint language sql as 'select 2'; create table t (a int default nextval('s2'), b bigint default f(), c int default f());
--- rows
insert into t (c) values (1)

--- a column goes with what hangs on it
create table t (a int, b int, c int, primary key (a, b), unique (c), check (b > c)); create index on t (b); create view v as select a, b from t; create policy p on t using (b > 0); create statistics s on a, b from t; create publication pub for table t (a, b);
create function f() returns trigger language plpgsql as 'begin return new; end'; create trigger g after update of b on t for each row execute function f();
--- becomes
create table t (a int, c int, primary key (a)); create view v as select a, c as b from t; create policy p on t using (a > 0);
create publication pub for table t (a);
create function f() returns trigger language plpgsql as 'begin return new; end'; create trigger g after update of c on t for each row execute function f();
--- rows
insert into t values (1, 5, 3)

--- quoted names everywhere
create schema "Odd Schema"; create type "Odd Schema"."A ""Type""" as enum ('it''s', 'b\c'); create table "Odd Schema"."T.x" ("select" int primary key, "a b" "Odd Schema"."A ""Type""" default 'it''s', "É" text); create index "My Index" on "Odd Schema"."T.x" ("a b"); comment on column "Odd Schema"."T.x"."É" is 'x''y\z';
--- becomes
create schema "Odd Schema"; create type "Odd Schema"."A ""Type""" as enum ('b\c', 'it''s'); create table "Odd Schema"."T.x" ("select" bigint primary key, "a b" "Odd Schema"."A ""Type""" default 'b\c', "É" varchar(8) not null default 'x'); create unique index "My Index" on "Odd Schema"."T.x" ("a b"); comment on column "Odd Schema"."T.x"."É" is 'q';
--- rows
insert into "Odd Schema"."T.x" values (1, 'it''s', 'e')

--- numeric narrower and wider
create table t (a numeric, b numeric(10,2), c real, d double precision, e bigint, f money, h varbit(5), i char(5));
--- becomes
create table t (a numeric(8,1), b numeric, c double precision, d real, e smallint, f numeric, h varbit, i text);
--- rows
insert into t values (1.5, 2.5, 3, 4, 5, 6, b'1', 'abc')
