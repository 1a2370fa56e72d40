--- joins
create table c (id int);
--- becomes
create table p (b int default 4 not null, d int, e text not null default 5); create table c (x int, id int) inherits (p); create index on c (b); comment on column c.b is 'b'; alter table c alter e set default 'k'; create view v as select b from c; 
--- rows
insert into c values (1)

--- joins, one that stays
create table p (b int); create table c (id int);
--- becomes
create table p (b int, n int generated always as (b * 2) stored, check (b > 0)); create table c (id int, x int) inherits (p);
--- rows
insert into c values (1)

--- new of both
create table p (id int, b int); create table q (i int); create table c (id int) inherits (p);
--- becomes
create table p (id int, b int, n int); create table q (i int, n int); create table c (id int) inherits (p, q);

--- child begins, with a check it had, one that it has not, and a column that comes
create table p (a int, constraint k check (a > 0)); create table c (a int, constraint k check (a > 0)); create table d (a int, constraint k check (a > 1));
--- becomes
create table p (a int, b text, constraint k check (a > 0), constraint l check (b <> '') not valid); create table c (a int) inherits (p); create table d (a int) inherits (p);
--- rows
insert into c values (1); insert into d values (2)

--- a foreign key's partition gives way to a foreign table under a new partition key
create table o (id int primary key); create table p (id int, o int references o) partition by list (id); create table p1 partition of p for values in (1); create table p2 partition of p for values in (2);
--- becomes
create extension postgres_fdw; create server s foreign data wrapper postgres_fdw; create table p (a int, b text) partition by range (a); create foreign table f partition of p for values from (0) to (10) server s; create table p2 partition of p for values from (10) to (20);

--- checks and nulls of parent and leaf apart
create table t (a int not null, b int, check (b > 0)) partition by list (a); create table t1 partition of t (b not null, constraint mine check (b < 100)) for values in (1); create table t2 partition of t for values in (2);
--- becomes
create table t (a int not null, b int not null, constraint c2 check (b > 0), check (a < 10)) partition by list (a); create table t1 partition of t (constraint mine check (b < 200)) for values in (1); create table t2 partition of t (b default 4) for values in (2);
--- rows
insert into t values (1, 5), (2, 6)

--- inheritance: child gets a second parent, first loses a column, types and defaults differ below
create table a (id int, x int default 1, y text); create table b (z text, y text); create table c (own int) inherits (a); create table d (id int, x int default 9) inherits (a); create index on c (x); alter table c add check (x > 0);
--- becomes
create table a (id bigint, x int default 2); create table b (z text, y text); create table c (own int, y text, z text) inherits (a); alter table c inherit b; create table d (id bigint, x int default 9, y text) inherits (a); create index on c (x); alter table c add check (x > 0);
--- rows
insert into c values (1, 2, 'y', 3); insert into d values (4, 5, 'z')

--- a child becomes a partition of a former parent
create table a (id int not null, d date not null); create table a1 (check (d >= '2024-01-01' and d < '2025-01-01')) inherits (a); create table a2 (check (d >= '2025-01-01' and d < '2026-01-01')) inherits (a); create index on a1 (id); create index on a2 (id);
--- becomes
create table a (id int not null, d date not null) partition by range (d); create table a1 partition of a for values from ('2024-01-01') to ('2025-01-01'); create table a2 partition of a for values from ('2025-01-01') to ('2026-01-01'); create index on a (id);
--- rows
insert into a1 values (1, '2024-02-02'); insert into a2 values (2, '2025-02-02')

--- a materialised view over a foreign table over an enum over a view
create foreign data wrapper w; create server s foreign data wrapper w; create type e as enum ('x', 'y'); create foreign table ft (id int, k e default 'x') server s options (a 'b'); create materialized view m as select id, k from ft with no data; create index on m (k); create view v as select k from m where k = 'y';
--- becomes
create foreign data wrapper w; create server s foreign data wrapper w; create type e as enum ('y'); create foreign table ft (id bigint not null, k e default 'y') server s options (a 'c', d 'e'); create materialized view m as select id, k from ft with no data; create index on m (k); create view v as select k from m where k = 'y';

--- a child begins, with a check it had, another one of that name, and a column that comes
create table p (a int, constraint k check (a > 0)); create table c (a int, constraint k check (a > 0)); create table d (a int, constraint k check (a > 1));
--- becomes
create table p (a int, b text, constraint k check (a > 0), constraint l check (b <> '') not valid); create table c (a int) inherits (p); create table d (a int) inherits (p);
--- rows
insert into c values (1); insert into d values (2)

--- a check of a parent becomes a child's own, too
create table p (a int, constraint k check (a > 0)); create table c (a int) inherits (p);
--- becomes
create table p (a int, constraint k check (a > 0)); create table c (a int, constraint k check (a > 0)) inherits (p);
