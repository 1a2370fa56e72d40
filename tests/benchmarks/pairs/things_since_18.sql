--- virtual generated columns come, become stored, and go
create table t (a int, b int generated always as (a * 2) virtual, c int generated always as (a * 3) stored); create view v as select a, b from t;
--- becomes
create table t (a bigint, b int generated always as (a * 2) stored, c int generated always as (a * 4) virtual, d text generated always as (a::text || 'x') virtual, e int); create view v as select a, b, c from t; create index on t (b);
--- rows
insert into t (a) values (1)

--- a virtual generated column becomes plain, and a plain one virtual
create table t (a int, b int generated always as (a * 2) virtual, c int);
--- becomes
create table t (a int, b int, c int generated always as (a + 1) virtual, constraint k check (c > 0));
--- rows
insert into t (a, c) values (1, 2)

--- virtual columns in partitions, with a not null and a comment
create table t (a int, b int generated always as (a * 2) virtual) partition by range (a); create table t1 partition of t for values from (0) to (10);
--- becomes
create table t (a int, b bigint generated always as (a * 3) virtual not null, c int generated always as (a + 1) virtual) partition by range (a); create table t1 partition of t for values from (0) to (20); comment on column t.b is 'x';
--- rows
insert into t values (1)

--- constraints are enforced and not
create table p (id int primary key); create table t (a int, b int, constraint c1 check (a > 0) not enforced, constraint c2 check (b > 0), constraint f1 foreign key (a) references p not enforced, constraint f2 foreign key (b) references p);
--- becomes
create table p (id int primary key); create table t (a int, b int, constraint c1 check (a > 0), constraint c2 check (b > 0) not enforced, constraint f1 foreign key (a) references p, constraint f2 foreign key (b) references p on delete cascade not enforced);
--- rows
insert into p values (1); insert into t values (1, 1)

--- constraints that are not enforced on partitions and children
create table p (id int primary key); create table t (a int, b int) partition by list (a); create table t1 partition of t for values in (1); create table c (x int, constraint cx check (x > 0)); create table d (y int) inherits (c);
--- becomes
create table p (id int primary key); create table t (a int, b int, constraint c1 check (b > 0) not enforced, constraint f1 foreign key (b) references p not enforced) partition by list (a); create table t1 partition of t for values in (1); create table c (x int, constraint cx check (x > 0) not enforced); create table d (y int) inherits (c);
--- rows
insert into t values (1, 2); insert into d values (1, 2)

--- not null that is not valid, named, not inherited
create table t (a int, b int, c int not null, d int constraint dn not null); alter table t add constraint bn not null b not valid;
--- becomes
create table t (a int, b int not null, c int constraint cn not null, d int, e int constraint en not null no inherit); alter table t add constraint an not null a not valid; comment on constraint cn on t is 'c';

--- not null in children, merged, local and inherited, with names
create table p (a int constraint pn not null, b int); create table c () inherits (p); create table d (b int constraint dn not null) inherits (p);
--- becomes
create table p (a int, b int constraint pb not null); create table c (a int constraint ca not null) inherits (p); create table d (b int constraint dn not null) inherits (p);
--- rows
insert into c values (1, 2)

--- temporal keys without overlaps, and periods that refer to them
create extension btree_gist; create table r (id int, during daterange, constraint r_pk primary key (id, during)); create table b (id int, during daterange);
--- becomes
create extension btree_gist; create table r (id int, during daterange, note text, constraint r_pk primary key (id, during without overlaps)); create table b (id int, during daterange, constraint b_fk foreign key (id, period during) references r (id, period during), constraint bu unique (id, during without overlaps));
--- rows
insert into r values (1, '[2024-01-01,2024-02-01)'); insert into b values (1, '[2024-01-02,2024-01-03)')

--- temporal keys under a retyped column
create extension btree_gist; create table r (id int, during daterange, constraint r_pk primary key (id, during without overlaps)); create table b (id int, during daterange, foreign key (id, period during) references r (id, period during));
--- becomes
create extension btree_gist; create table r (id bigint, during daterange, constraint r_pk primary key (id, during without overlaps)); create table b (id bigint, during daterange, foreign key (id, period during) references r (id, period during));
--- rows
insert into r values (1, '[2024-01-01,2024-02-01)'); insert into b values (1, '[2024-01-02,2024-01-03)')

--- collations of the builtin provider, and casefold and uuidv7 in defaults
create table t (a text, id uuid default gen_random_uuid()); create index on t (lower(a));
--- becomes
create collation b1 (provider = builtin, locale = 'PG_UNICODE_FAST'); create table t (a text collate b1, id uuid default uuidv7()); create index on t (casefold(a collate b1));
--- rows
insert into t values ('x')

--- publications of generated columns, in lists, with options
create table t (id int primary key, g int generated always as (id * 2) stored); create publication p for table t (id, g); create publication q for table t with (publish_generated_columns = stored);
--- becomes
create table t (id int primary key, g int generated always as (id * 3) stored, h int); create publication p for table t (id, g, h) with (publish_generated_columns = stored); create publication q for table t with (publish_generated_columns = none);
--- rows
insert into t values (1)

--- identity of partitioned tables, with indexes and exclusion constraints
create table t (k int, id int generated always as identity) partition by list (k); create table t1 partition of t for values in (1);
--- becomes
create extension btree_gist; create table t (k int, id bigint generated by default as identity (increment 2), r int4range, constraint ex exclude using gist (k with =, r with &&)) partition by list (k); create table t1 partition of t for values in (1); create table t2 partition of t for values in (2);
--- rows
insert into t values (1)

--- json tables, merges and returning old and new in functions and views
create table t (id int primary key, j jsonb); create view v as select id from t;
--- becomes
create table t (id bigint primary key, j jsonb); create view v as select t.id, x.a, json_query(j, '$.b' with wrapper) as b, json_exists(j, '$.c') as c, json_value(j, '$.d' returning int default 1 on empty) as d from t, json_table(j, '$[*]' columns (n for ordinality, a text path '$.a' default 'q' on empty, nested path '$.k[*]' columns (k int path '$'))) as x; create function f(int) returns setof t language sql begin atomic merge into t using (select $1 as i) s on t.id = s.i when matched then delete when not matched then insert values (s.i, '{}') returning t.*; end; create function g() returns int language sql begin atomic update t set id = id + 1 returning old.id + new.id; end; create view w as select json_object('a': id, 'b': j absent on null with unique keys) as o, json_arrayagg(id returning jsonb) over () as arr, id is json scalar as s from (select id::text as id, j from t) x;

--- statistics on virtual columns' sources, storage and compression at creation, access methods
create table t (a text, b text storage external, c text) partition by hash (a); create table t1 partition of t for values with (modulus 1, remainder 0);
--- becomes
create table t (a text, b text storage main compression pglz, c text storage plain) partition by hash (a) using heap; create table t1 partition of t for values with (modulus 1, remainder 0) with (fillfactor = 50);
--- rows
insert into t values ('a', 'b', 'c')

--- not null of domains with names and comments
create domain a as int not null; create domain b as int constraint bn not null; create domain c as int; create domain d as int constraint dn not null; comment on constraint dn on domain d is 'd';
--- becomes
create domain a as int constraint an not null; create domain b as int constraint bm not null; create domain c as int constraint cn not null; create domain d as int constraint dn not null; comment on constraint dn on domain d is 'd2'; comment on constraint cn on domain c is 'c'; create domain e as int not null; comment on constraint e_not_null on domain e is 'e';
