-- Types: enums, composites, domains, ranges, and all that holds their values.

--- enum labels removed, with arrays, domains, composites and functions over it
create type mood as enum ('ok', 'sad', 'old'); create domain dmood as mood check (value <> 'old'); create type pair as (m mood, n int);
create table t (id int, m mood not null default 'ok', ms mood[] default '{ok,sad}', d dmood, p pair, r text);
create index on t (m) where m = 'ok'; create view v as select m, ms from t; create function f(x mood default 'ok') returns mood language sql as 'select x';
create materialized view mv as select m, count(*) from t group by m; alter table t add check (m <> 'sad');
--- becomes
create type mood as enum ('sad', 'ok', 'new'); create domain dmood as mood check (value <> 'new'); create type pair as (m mood, n int);
create table t (id int, m mood not null default 'ok', ms mood[] default '{ok,new}', d dmood, p pair, r text);
create index on t (m) where m = 'ok'; create view v as select m, ms from t; create function f(x mood default 'new') returns mood language sql as 'select x';
create materialized view mv as select m, count(*) from t group by m; alter table t add check (m <> 'new');
--- rows
insert into t values (1, 'ok', '{ok,sad}', 'sad', row('ok', 1), 'x');

--- enum as partition key
create type k as enum ('a', 'b', 'c'); create table t (id int, k k not null) partition by list (k); create table t_a partition of t for values in ('a'); create table t_b partition of t for values in ('b', 'c');
--- becomes
create type k as enum ('a', 'b', 'c', 'd'); create table t (id int, k k not null) partition by list (k); create table t_a partition of t for values in ('a'); create table t_b partition of t for values in ('b', 'c'); create table t_d partition of t for values in ('d');
--- rows
insert into t values (1, 'a'), (2, 'b')

--- enum label removed under a partition key
create type k as enum ('a', 'b', 'c'); create table t (id int, k k not null) partition by list (k); create table t_a partition of t for values in ('a'); create table t_b partition of t for values in ('b');
--- becomes
create type k as enum ('a', 'b'); create table t (id int, k k not null) partition by list (k); create table t_a partition of t for values in ('a'); create table t_b partition of t for values in ('b');
--- rows
insert into t values (1, 'a'), (2, 'b')

--- enum to text and text to enum
create type m as enum ('a', 'b'); create table t (x m default 'a', y text default 'a', z m[] , q varchar(5)); create view v as select x, y from t;
--- becomes
create type m as enum ('a', 'b'); create table t (x text default 'a', y m default 'a', z text[], q m); create view v as select x, y from t;
--- rows
insert into t values ('a', 'b', '{a}', 'b')

--- enum replaced by a table
create type m as enum ('a', 'b'); create table t (x m not null default 'a');
--- becomes
create table m (name text primary key); create table t (x text not null default 'a' references m);

--- enum to another enum
create type m as enum ('a', 'b'); create type n as enum ('a', 'b', 'c'); create table t (x m default 'a');
--- becomes
create type n as enum ('a', 'b', 'c'); create table t (x n default 'c');
--- rows
insert into t values ('b')

--- enum labels used as defaults in domains, functions, policies
create type m as enum ('a'); create domain d as m default 'a'; create table t (x m, y d); 
--- becomes
create type m as enum ('a', 'b', 'c'); create domain d as m default 'b'; create table t (x m default 'c', y d); create policy p on t using (x = 'b'); create view v as select * from t where x = 'c'; create index i on t (y) where x = 'b';
--- rows
insert into t values ('a', 'a')

--- composite with columns of it
create type addr as (street text, zip int); create table t (id int, a addr, b addr[]); create view v as select (a).zip from t; create function f(addr) returns int language sql as 'select ($1).zip';
--- becomes
create type addr as (street text, zip text, country text); create table t (id int, a addr, b addr[]); create view v as select (a).zip from t; create function f(addr) returns text language sql as 'select ($1).zip';
--- rows
insert into t values (1, row('x', 5), array[row('y', 6)::addr])

--- composite whose attributes change places
create type addr as (a int, b int); create table t (id int, x addr, y addr[]);
--- becomes
create type addr as (b int, a int); create table t (id int, x addr, y addr[]);
--- rows
insert into t values (1, row(10, 20), array[row(30, 40)::addr])

--- composite loses one and is used by another
create type a as (x int, y int); create type b as (p a, q text); create table t (v b); create table u of a;
--- becomes
create type a as (x int, z text); create type b as (p a, q text); create table t (v b); create table u of a;
--- rows
insert into t values (row(row(1, 2), 'q'));

--- composite comments
create type a as (x int, y int); comment on column a.x is 'X'; comment on type a is 'A';
--- becomes
create type a as (x int, y int); comment on column a.y is 'Y'; comment on type a is 'B';

--- domains under columns, views, functions
create domain d as int check (value > 0) default 1; create table t (a d, b d[], c int); create view v as select a from t; create function f(d) returns d language sql as 'select $1';
--- becomes
create domain d as bigint check (value > 0) not null; create table t (a d, b d[], c d); create view v as select a from t; create function f(d) returns d language sql as 'select $1';
--- rows
insert into t values (1, '{2}', 3)

--- domain constraints
create domain d as text constraint a check (value <> '') constraint b check (length(value) < 10); comment on domain d is 'D'; comment on constraint a on domain d is 'A'; create table t (x d);
--- becomes
create domain d as text constraint b check (length(value) < 20) constraint c check (value <> 'x'); alter domain d add constraint n check (value <> 'n') not valid; create table t (x d); comment on constraint c on domain d is 'C';
--- rows
insert into t values ('q')

--- domain over a domain
create domain a as int check (value > 0); create domain b as a check (value < 100); create table t (x b primary key); create table u (x b references t);
--- becomes
create domain a as bigint check (value > 0); create domain b as a check (value < 100); create table t (x b primary key); create table u (x b references t);
--- rows
insert into t values (1); insert into u values (1)

--- ranges
create type r as range (subtype = int); create table t (a r, b r[]); create index on t using gist (a); 
--- becomes
create type r as range (subtype = bigint, multirange_type_name = mr); create table t (a r, b r[], c mr); create index on t using gist (a);
--- rows
insert into t values ('[1,5)', '{}')

--- table row types in columns and functions
create table t (a int, b text); create table u (x t, y t[]); create function f(t) returns setof t language sql as 'select $1'; create view v as select t from t;
--- becomes
create table t (a bigint, b text, c int); create table u (x t, y t[]); create function f(t) returns setof t language sql as 'select $1'; create view v as select t from t;

--- a type moves to another schema
create schema s; create type m as enum ('a', 'b'); create table t (x m default 'a');
--- becomes
create schema s; create type s.m as enum ('a', 'b'); create table t (x s.m default 'a');
--- rows
insert into t values ('b')
--- a type becomes another kind
create type m as enum ('a', 'b'); create table t (x m default 'a'); create view v as select x from t; create function f(m) returns m language sql as 'select $1';
--- becomes
create domain m as text check (value in ('a', 'b')); create table t (x m default 'a'); create view v as select x from t; create function f(m) returns m language sql as 'select $1';
--- rows
insert into t values ('b')
