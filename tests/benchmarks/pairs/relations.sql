-- Tables by their settings, keys, constraints, partitions and parents; indexes, policies, triggers and rules upon them.

--- check becomes valid and says something else at once
create table t (a int); alter table t add constraint c check (a > 0) not valid; alter table t add constraint d check (a > 1) not valid;
--- becomes
create table t (a int, constraint c check (a > 5), constraint d check (a > 1));
--- rows
insert into t values (7)

--- foreign key becomes deferrable and points elsewhere at once
create table p (id int primary key, k int unique); create table q (a int constraint fk references p (id), b int constraint fk2 references p (id) on delete cascade);
--- becomes
create table p (id int primary key, k int unique); create table q (a int constraint fk references p (k) deferrable, b int constraint fk2 references p (id) on delete set null deferrable initially deferred);
--- rows
insert into p values (1, 1); insert into q values (1, 1)

--- foreign key becomes valid and deferrable at once, another not valid
create table p (id int primary key); create table q (a int, b int constraint two references p); alter table q add constraint one foreign key (a) references p not valid;
--- becomes
create table p (id int primary key); create table q (a int constraint one references p deferrable, b int); alter table q add constraint two foreign key (b) references p not valid;

--- unique gets deferrable, nulls not distinct, include and fillfactor
create table t (a int, b int, constraint u1 unique (a), constraint u2 unique (a, b), constraint u3 unique (b), constraint u4 unique (b, a));
--- becomes
create table t (a int, b int, constraint u1 unique (a) deferrable initially deferred, constraint u2 unique nulls not distinct (a, b), constraint u3 unique (b) include (a), constraint u4 unique (b, a) with (fillfactor = 60)); comment on constraint u4 on t is 'U4';
--- rows
insert into t values (1, 2)

--- unique index becomes a constraint of its name and a constraint an index
create table t (a int, b int, constraint tb unique (b)); create unique index ta on t (a);
--- becomes
create table t (a int, b int, constraint ta unique (a)); create unique index tb on t (b);
--- rows
insert into t values (1, 2)

--- primary key becomes wider, narrower, another column, and deferrable
create table a (x int not null, y int not null, primary key (x)); create table b (x int not null, y int not null, primary key (x, y)); create table c (x int primary key, y int not null); create table d (x int primary key);
--- becomes
create table a (x int not null, y int not null, primary key (x, y)); create table b (x int not null, y int not null, primary key (x)); create table c (x int not null, y int primary key); create table d (x int primary key deferrable);
--- rows
insert into a values (1, 1); insert into b values (1, 1); insert into c values (1, 1)

--- exclusion constraints with operators, predicates and classes
create extension btree_gist; create table t (room int, during tsrange, note text, constraint x1 exclude using gist (during with &&));
--- becomes
create extension btree_gist; create table t (room int, during tsrange, note text, constraint x1 exclude using gist (room with =, during with &&) where (note is null) deferrable, constraint x2 exclude using btree (note with =), constraint x3 exclude using hash (lower(note) with =)); comment on constraint x1 on t is 'X';
--- rows
insert into t values (1, '[2020-01-01,2020-01-02)', 'n')

--- check with no inherit, of a parent and its children
create table p (a int, constraint c1 check (a > 0)); create table k () inherits (p); alter table k add constraint own check (a < 50);
--- becomes
create table p (a int, constraint c2 check (a < 100) no inherit); create table k () inherits (p); alter table k add constraint own check (a < 60);
--- rows
insert into k values (5)

--- columns and checks merge in a child that had them
create table p (a int); create table k (a int, b int check (b > 0)) inherits (p);
--- becomes
create table p (a int, b int constraint k_b_check check (b > 0)); create table k (a int, b int constraint k_b_check check (b > 0)) inherits (p);

--- a child of two parents loses one and gains another
create table p1 (a int); create table p2 (a int, b int); create table p3 (c int); create table k () inherits (p1, p2);
--- becomes
create table p1 (a int); create table p2 (a int, b int); create table p3 (c int); create table k (a int, b int, c int) inherits (p1, p3);

--- grandchildren follow a change of type, default and null
create table a (x int, y text default 'q'); create table b (z int) inherits (a); create table c () inherits (b); create index on c (x); create view v as select x from c;
--- becomes
create table a (x bigint not null, y text default 'r'); create table b (z int) inherits (a); create table c () inherits (b); create index on c (x); create view v as select x from c;
--- rows
insert into c values (1, 'a', 2)

--- storage parameters of tables, toast, indexes, views and materialised views
create table t (a int, b text) with (fillfactor = 70); create index i on t (a) with (fillfactor = 80); create index g on t using gin (to_tsvector('simple', b)) with (fastupdate = off); create view v with (security_barrier = true) as select a from t; create materialized view m with (fillfactor = 50) as select a from t; create index br on t using brin (a) with (pages_per_range = 8);
--- becomes
create table t (a int, b text) with (autovacuum_vacuum_scale_factor = 0.2, toast.autovacuum_enabled = false, log_autovacuum_min_duration = 100); create index i on t (a) with (deduplicate_items = off); create index g on t using gin (to_tsvector('simple', b)); create view v with (security_invoker = true, check_option = local) as select a from t; create materialized view m with (autovacuum_enabled = false) as select a from t; create index br on t using brin (a) with (pages_per_range = 16, autosummarize = on);

--- logged and unlogged under foreign keys and sequences
create unlogged table p (id serial primary key); create unlogged table q (p_id int references p); create table r (id int generated always as identity);
--- becomes
create table p (id serial primary key); create table q (p_id int references p); create unlogged table r (id int generated always as identity);
--- rows
insert into p default values; insert into q values (1)

--- logged becomes unlogged under foreign keys
create table p (id int primary key); create table q (p_id int references p, id int primary key, up int references q);
--- becomes
create unlogged table p (id int primary key); create unlogged table q (p_id int references p, id int primary key, up int references q);
--- rows
insert into p values (1); insert into q values (1, 1, 1)

--- replica identities of every kind
create table a (x int not null, unique (x)); create table b (x int primary key); create table c (x int not null); create unique index cx on c (x); create table d (x int); alter table b replica identity full; alter table c replica identity using index cx; alter table d replica identity nothing;
--- becomes
create table a (x int not null, unique (x)); alter table a replica identity using index a_x_key; create table b (x int primary key); alter table b replica identity nothing; create table c (x int not null); create table d (x int); alter table d replica identity full;

--- indexes of every method and shape
create table t (a int, b text, c int[], d point, e jsonb); create index i1 on t (a); create index i2 on t (b); create index i3 on t (a, b);
--- becomes
create table t (a int, b text, c int[], d point, e jsonb); create index i1 on t (a desc nulls last) include (b); create index i2 on t (b collate "C" text_pattern_ops); create unique index i3 on t (a, lower(b)) where a > 0 and b is not null; create index i4 on t using gin (c); create index i5 on t using gist (d); create index i6 on t using spgist (b); create index i7 on t using gin (e jsonb_path_ops); create index i8 on t using brin (a int4_minmax_multi_ops); create index i9 on t ((e ->> 'k'), (a * 2) desc); create unique index i10 on t (a) nulls not distinct; comment on index i9 is 'nine';

--- index renamed, one dropped, one with its table's name in another schema
create schema s; create table t (a int, b int); create table s.t (a int); create index ia on t (a); create index ib on t (b); create index ia on s.t (a);
--- becomes
create schema s; create table t (a int, b int); create table s.t (a int); create index ia2 on t (a); create index ia on s.t (a desc);

--- clustered index changes
create table t (a int, b int); create index i on t (a); create index j on t (b); alter table t cluster on i; create table u (a int primary key); alter table u cluster on u_pkey;
--- becomes
create table t (a int, b int); create index i on t (a); create index j on t (b); alter table t cluster on j; create table u (a int primary key);

--- list partitions change values, one becomes default, one is new
create table t (k text, v int) partition by list (k); create table ta partition of t for values in ('a'); create table tb partition of t for values in ('b', null); create table td partition of t default;
--- becomes
create table t (k text, v int) partition by list (k); create table ta partition of t for values in ('a', 'aa'); create table tb partition of t default; create table tc partition of t for values in ('c', null);
--- rows
insert into t values ('a', 1)

--- range partitions by two keys, minvalue and maxvalue
create table t (a int, b date) partition by range (a, b); create table t1 partition of t for values from (minvalue, minvalue) to (10, '2020-01-01'); create table t2 partition of t for values from (10, '2020-01-01') to (20, maxvalue);
--- becomes
create table t (a int, b date) partition by range (a, b); create table t1 partition of t for values from (minvalue, minvalue) to (5, '2020-01-01'); create table t2 partition of t for values from (5, '2020-01-01') to (20, maxvalue); create table t3 partition of t for values from (20, maxvalue) to (maxvalue, maxvalue);
--- rows
insert into t values (1, '2019-01-01'), (12, '2020-05-05')

--- hash partitions change their modulus
create table t (id int primary key) partition by hash (id); create table h0 partition of t for values with (modulus 2, remainder 0); create table h1 partition of t for values with (modulus 2, remainder 1);
--- becomes
create table t (id int primary key) partition by hash (id); create table h0 partition of t for values with (modulus 3, remainder 0); create table h1 partition of t for values with (modulus 3, remainder 1); create table h2 partition of t for values with (modulus 3, remainder 2);

--- partitions of partitions come and go
create table t (a int, b text) partition by range (a); create table t1 partition of t for values from (0) to (10); create table t2 partition of t for values from (10) to (20) partition by list (b); create table t2x partition of t2 for values in ('x');
--- becomes
create table t (a int, b text) partition by range (a); create table t1 partition of t for values from (0) to (10) partition by list (b); create table t1d partition of t1 default; create table t2 partition of t for values from (10) to (20) partition by list (b); create table t2x partition of t2 for values in ('x'); create table t2y partition of t2 for values in ('y'); create index on t (b);
--- rows
insert into t values (1, 'q'), (12, 'x')

--- a partition has what its parent has not
create table t (a int, b int) partition by range (a); create table t1 partition of t for values from (0) to (10); create index only_here on t1 (b);
--- becomes
create table t (a int, b int) partition by range (a); create table t1 partition of t (b default 5, constraint own check (b < 100)) for values from (0) to (10) with (fillfactor = 60); create unique index only_here on t1 (b); create function tf() returns trigger language plpgsql as 'begin return new; end'; create trigger g before insert on t1 for each row execute function tf(); alter table t1 enable row level security; create policy p on t1 using (b > 0); comment on table t1 is 'part'; grant select on t1 to public;
--- rows
insert into t values (1, 2)

--- keys, foreign keys both ways and checks of a partitioned table
create table o (id int primary key); create table t (a int not null, o_id int, n int) partition by range (a); create table t1 partition of t for values from (0) to (10); create table r (x int);
--- becomes
create table o (id int primary key); create table t (a int primary key, o_id int references o on delete cascade, n int, check (n > 0)) partition by range (a); create table t1 partition of t for values from (0) to (10); create table r (x int references t);
--- rows
insert into o values (1); insert into t values (1, 1, 1); insert into r values (1)

--- a foreign key points to one partition alone
create table t (a int primary key) partition by range (a); create table t1 partition of t for values from (0) to (10); create table r (x int);
--- becomes
create table t (a int primary key) partition by range (a); create table t1 partition of t for values from (0) to (10); create table r (x int references t1);
--- rows
insert into t values (1); insert into r values (1)

--- index on only the parent, with children attached and not
create table t (a int, b int) partition by range (a); create table t1 partition of t for values from (0) to (10); create table t2 partition of t for values from (10) to (20); create index i on only t (b);
--- becomes
create table t (a int, b int) partition by range (a); create table t1 partition of t for values from (0) to (10); create table t2 partition of t for values from (10) to (20); create index i on only t (b); create index i1 on t1 (b); alter index i attach partition i1; create index j on t (a, b);

--- a partition is detached and stands alone, another table is attached
create table t (a int, b int default 1) partition by range (a); create table t1 partition of t for values from (0) to (10); create table t2 (a int, b int default 1); create index on t (b); create index on t2 (b);
--- becomes
create table t (a int, b int default 1) partition by range (a); create table t1 (a int, b int default 1); create index t1_b_idx on t1 (b); create table t2 partition of t for values from (10) to (20); create index on t (b);
--- rows
insert into t values (1); insert into t2 values (11)

--- partition key by an expression, and with a collation and class
create table a (n text, d timestamp) partition by range (date_trunc('day', d)); create table b (n text) partition by list (lower(n)); create table c (n text) partition by range (n collate "C");
--- becomes
create table a (n text, d timestamp) partition by range (date_trunc('month', d)); create table b (n text) partition by list (upper(n)); create table c (n text) partition by range (n collate "C" text_pattern_ops);

--- columns of a partitioned table under views, indexes and defaults
create table t (a int not null, b varchar(5) default 'x', c int) partition by list (a); create table t1 partition of t for values in (1); create table t2 partition of t for values in (2) partition by list (b); create table t2a partition of t2 for values in ('x'); create view v as select b, c from t; create index on t (c); create materialized view m as select c from t1;
--- becomes
create table t (a int not null, b varchar(5) default 'y', c bigint not null, d int default 3) partition by list (a); create table t1 partition of t for values in (1); create table t2 partition of t for values in (2) partition by list (b); create table t2a partition of t2 for values in ('x'); create view v as select b, c from t; create index on t (c); create materialized view m as select c from t1;
--- rows
insert into t values (1, 'x', 1), (2, 'x', 2)

--- identity and serial of partitioned tables
create table t (id int generated always as identity, a int) partition by list (a); create table t1 partition of t for values in (1); create table u (id serial, a int) partition by list (a); create table u1 partition of u for values in (1);
--- becomes
create table t (id bigint generated by default as identity (start 100), a int) partition by list (a); create table t1 partition of t for values in (1); create table u (id bigserial, a int) partition by list (a); create table u1 partition of u for values in (1);
--- rows
insert into t (a) values (1); insert into u (a) values (1)

--- policies by command, role, permission and expression
create table t (a int, who name); alter table t enable row level security; create policy p1 on t; create policy p2 on t for select using (a > 0); create policy p3 on t for insert with check (a > 0); create policy p4 on t for all using (a > 0) with check (a > 1); create policy p5 on t for delete using (true);
--- becomes
create table t (a int, who name); alter table t enable row level security; alter table t force row level security; create policy p1 on t using (who = current_user); create policy p2 on t for update using (a > 0); create policy p3 on t as restrictive for insert with check (a > 0); create policy p4 on t for all using (a > 2); create policy p6 on t for delete using (true); comment on policy p6 on t is 'six';

--- policies that call functions and read other tables and themselves
create table org (id int primary key); create table usr (id int, org_id int references org, boss boolean); alter table usr enable row level security;
--- becomes
create table org (id int primary key); create table usr (id int, org_id int references org, boss boolean); alter table usr enable row level security; create function my_orgs() returns setof int language sql stable security definer set search_path = '' as 'select org_id from public.usr where id = 1'; create policy a on usr for select using (org_id in (select my_orgs())); create policy b on org using (id in (select u.org_id from usr u where u.boss)); create policy c on usr for update using ((select boss from usr u where u.id = usr.id)); alter table org enable row level security;

--- triggers of every event, level, time and state
create table t (a int, b int); create function tf() returns trigger language plpgsql as 'begin return null; end'; create trigger t1 before insert on t for each row execute function tf(); create trigger t2 after update on t for each statement execute function tf(); create trigger t3 after delete on t referencing old table as gone for each statement execute function tf(); create trigger t4 before truncate on t execute function tf(); create trigger t5 after insert on t for each row execute function tf();
--- becomes
create table t (a int, b int); create function tf() returns trigger language plpgsql as 'begin return null; end'; create trigger t1 before insert or update of a, b on t for each row execute function tf(); create trigger t2 after update on t referencing old table as o new table as n for each row execute function tf('a b', 'c''d'); create trigger t3 after delete on t referencing old table as went for each statement execute function tf(); create trigger t4 after truncate on t execute function tf(); create constraint trigger t5 after insert on t deferrable initially deferred for each row execute function tf(); create trigger t6 before delete on t for each row when (old.a > 0 and pg_trigger_depth() < 2) execute function tf(); alter table t disable trigger t4; alter table t enable replica trigger t6; comment on trigger t6 on t is 'six';

--- constraint triggers change their table from and their deferrability
create table t (a int); create table u (a int); create function tf() returns trigger language plpgsql as 'begin return null; end'; create constraint trigger c1 after insert on t from u for each row execute function tf(); create constraint trigger c2 after insert on t not deferrable for each row execute function tf();
--- becomes
create table t (a int); create table u (a int); create function tf() returns trigger language plpgsql as 'begin return null; end'; create constraint trigger c1 after insert on t deferrable for each row execute function tf(); create constraint trigger c2 after insert or update on t from u deferrable initially immediate for each row execute function tf();

--- rules with conditions, several commands and states
create table t (a int, b int); create table l (a int, w text); create rule r1 as on insert to t do also insert into l values (new.a, 'i'); create rule r2 as on update to t where new.a > old.a do instead nothing;
--- becomes
create table t (a int, b int); create table l (a int, w text); create rule r1 as on insert to t do also (insert into l values (new.a, 'i'); insert into l values (new.b, 'j')); create rule r2 as on update to t where new.a > old.a do instead update l set w = 'u' where l.a = old.a; create rule r3 as on delete to t do also notify gone; alter table t disable rule r1; alter table t enable always rule r2; comment on rule r3 on t is 'R3';

--- a typed table gets columns by its type, and stops being typed
create type row1 as (a int, b text); create table t1 of row1 (primary key (a)); create table t2 of row1 (b with options default 'q');
--- becomes
create type row1 as (a int, b text, c date); create table t1 of row1 (primary key (a)); create table t2 (a int, b text default 'q', c date);
--- rows
insert into t1 values (1, 'x')

--- tables swap their names and columns
create table one (id int primary key, x text); create table two (id int primary key, y text); create view v as select x from one;
--- becomes
create table one (id int primary key, y text); create table two (id int primary key, x text); create view v as select x from two;

--- a table is renamed without being told, with all it has
create table old_name (id serial primary key, n text unique, p int references old_name); create index on old_name (n); create view v as select * from old_name; comment on table old_name is 'T';
--- becomes
create table new_name (id serial primary key, n text unique, p int references new_name); create index on new_name (n); create view v as select * from new_name; comment on table new_name is 'T';

--- a table goes to another schema with all it has
create schema s; create table t (id serial primary key, n text check (n <> '')); create index on t (n); create table u (t_id int references t);
--- becomes
create schema s; create table s.t (id serial primary key, n text check (n <> '')); create index on s.t (n); create table u (t_id int references s.t);

--- tables without columns, and tables that lose all of theirs
create table a (); create table b (x int, y int);
--- becomes
create table a (x int); create table b (); create table c ();

--- names as long as they may be, and longer
create table a_table_with_a_name_that_is_exactly_sixty_three_characters_long_ (a_column_with_a_name_that_is_quite_long_as_well_and_goes_on_more int unique, b int);
--- becomes
create table a_table_with_a_name_that_is_exactly_sixty_three_characters_long_ (a_column_with_a_name_that_is_quite_long_as_well_and_goes_on_more bigint unique, b int not null); create index on a_table_with_a_name_that_is_exactly_sixty_three_characters_long_ (a_column_with_a_name_that_is_quite_long_as_well_and_goes_on_more, b);

--- names that are keywords, capitals, spaces, dots, quotes and not Latin
create schema "select"; create table "select"."table" ("from" int primary key, "Where" text, "a.b" int, "q""q" int, "größe" int, "user" text default current_user); create index "index" on "select"."table" ("Where");
--- becomes
create schema "select"; create table "select"."table" ("from" bigint primary key, "Where" varchar(9) not null default 'O''Hara', "a.b" int unique, "größe" numeric check ("größe" > 0), "user" text default session_user, "order" int generated always as ("a.b" + 1) stored); create unique index "index" on "select"."table" (("Where" || 'x')) where "a.b" > 0; create view "select"."view" as select "from", "größe" as "as" from "select"."table"; create policy "p.p" on "select"."table" using ("user" = current_user); comment on column "select"."table"."größe" is 'größer';
--- rows
insert into "select"."table" ("from", "Where", "größe") values (1, 'w', 3)

--- partitions go with columns that keys and indexes of the parent need
create table t (id int, foo text, bar text, fizz int, primary key (foo, id), unique (foo, bar)) partition by list (foo); create table t_1 partition of t for values in ('a'); create table t_2 partition of t for values in ('b'); create table t_3 partition of t for values in ('c'); create unique index u on t (foo desc, fizz); create index i on t (fizz);
--- becomes
create table t (id int not null, foo text not null) partition by list (foo); create table t_1 partition of t for values in ('a'); create unique index t_pkey on only t (foo, id); create unique index t_1_pkey on t_1 (foo, id); alter index t_pkey attach partition t_1_pkey;

--- referenced partitions go with columns
create table r (a int, b int, k text, unique (k, a), unique (k, b)) partition by list (k); create table r_1 partition of r for values in ('a'); create table r_2 partition of r for values in ('b'); create table f (k text, a int, foreign key (k, a) references r (k, a), b int, foreign key (k, b) references r (k, b));
--- becomes
create table r (b int, k text, unique (k, b)) partition by list (k); create table r_1 partition of r for values in ('a'); create table f (k text, a int, b int, foreign key (k, b) references r (k, b));

--- a partition leaves a parent with a foreign key, and has none
create table o (id int primary key); create table p (id int, o int references o) partition by list (id); create table p1 partition of p for values in (1); create table p2 partition of p for values in (2);
--- becomes
create table o (id int primary key); create table p (id int, o int references o) partition by list (id); create table p1 (id int, o int); create table p2 partition of p for values in (2);

--- a partition leaves a parent with a foreign key, and has its own
create table o (id int primary key); create table p (id int, o int references o) partition by list (id); create table p1 partition of p for values in (1); create table p2 partition of p for values in (2);
--- becomes
create table o (id int primary key); create table p (id int, o int references o) partition by list (id); create table p1 (id int, o int constraint p_o_fkey references o); create table p2 partition of p for values in (2);

--- a partition leaves a parent that goes, with a foreign key
create table o (id int primary key); create table p (id int, o int references o) partition by list (id); create table p1 partition of p for values in (1); create table p2 partition of p for values in (2);
--- becomes
create table o (id int primary key); create table p1 (id int, o int); create table p2 (id int, o int constraint mine references o);

--- a partition leaves with a trigger, a check, a not null, a key
create function f() returns trigger language plpgsql as 'begin return new; end'; create table p (id int not null, o int check (o > 0), primary key (id)) partition by list (id); create index i on p (o); create trigger tr before insert on p for each row execute function f(); create table p1 partition of p for values in (1);
--- becomes
create function f() returns trigger language plpgsql as 'begin return new; end'; create table p (id int not null, o int check (o > 0), primary key (id)) partition by list (id); create index i on p (o); create trigger tr before insert on p for each row execute function f(); create table p1 (id int, o int);

--- a partition of a partition leaves, foreign key above
create table o (id int primary key); create table p (id int, o int references o) partition by list (id); create table p1 partition of p for values in (1) partition by list (o); create table p11 partition of p1 for values in (1); create table p12 partition of p1 for values in (2);
--- becomes
create table o (id int primary key); create table p (id int, o int references o) partition by list (id); create table p1 partition of p for values in (1) partition by list (o); create table p11 (id int, o int); create table p12 partition of p1 for values in (2);

--- self-referencing partitioned
create table r (id int, up int, primary key (id), foreign key (up) references r (id)) partition by hash (id); create table r_0 partition of r for values with (modulus 2, remainder 0); create table r_1 partition of r for values with (modulus 2, remainder 1);
--- becomes
create table r (id bigint, up bigint, primary key (id), foreign key (up) references r (id) on delete set null) partition by hash (id); create table r_0 partition of r for values with (modulus 2, remainder 0); create table r_1 partition of r for values with (modulus 2, remainder 1);

--- self-referencing partitioned, same key
create table r (id int, up int, primary key (id), foreign key (up) references r (id)) partition by hash (id); create table r_0 partition of r for values with (modulus 2, remainder 0); create table r_1 partition of r for values with (modulus 2, remainder 1);
--- becomes
create table r (id bigint, up bigint, primary key (id), foreign key (up) references r (id)) partition by hash (id); create table r_0 partition of r for values with (modulus 2, remainder 0); create table r_1 partition of r for values with (modulus 2, remainder 1);

--- new bound, foreign key of the parent stays
create table o (id int primary key); create table p (id int, o int references o) partition by range (id); create table p1 partition of p for values from (1) to (10); create table q (id int, o int, foreign key (o) references o);
--- becomes
create table o (id int primary key); create table p (id int, o int references o) partition by range (id); create table p1 partition of p for values from (1) to (20); create table q partition of p for values from (20) to (30);

--- new bound, foreign key of the parent goes
create table o (id int primary key); create table p (id int, o int references o) partition by range (id); create table p1 partition of p for values from (1) to (10);
--- becomes
create table o (id int primary key); create table p (id int, o int) partition by range (id); create table p1 partition of p for values from (1) to (20);

--- partition goes from one parent to another, both with foreign keys
create table o (id int primary key); create table p (id int, o int references o) partition by range (id); create table p1 partition of p for values from (1) to (10); create table p2 (id int, o int) partition by range (id);
--- becomes
create table o (id int primary key); create table p (id int, o int references o) partition by range (id); create table p2 (id int, o int) partition by range (id); create table p1 partition of p2 for values from (1) to (10);

--- key options from nothing
create table z ();
--- becomes
create table z (); create table t (a int, unique (a) with (fillfactor = 60), b int primary key with (fillfactor = 70)); create extension btree_gist; create table u (a int, exclude using gist (a with =) with (fillfactor = 50));

--- toast options while the first wide column comes
create table t (a int);
--- becomes
create table t (a int, b text) with (toast.autovacuum_enabled = false, fillfactor = 50);

--- an exclusion constraint goes with a column that only its predicate names
create extension btree_gist; create table t (room int, during tsrange, note text, constraint x exclude using gist (room with =, during with &&) where (note is null) deferrable);
--- becomes
create extension btree_gist; create table t (room int);

--- a column with a collation and a compression comes
create table t (a int);
--- becomes
create table t (a int, b text compression pglz collate "C" default 'd' not null);

--- a column comes with a default while another table holds rows, and a column of rows comes
create table t (id int primary key, k int); create table u (r t); create table w (x int);
--- becomes
create table t (id bigint primary key, k int, n int default 4, s bigserial); create table u (r t); create table w (x int, r t);

--- an enum loses a label in a table whose rows another holds
create type e as enum ('a', 'b'); create table t (x e, y int); create table u (r t, s t[]);
--- becomes
create type e as enum ('a'); create table t (x e, y int); create table u (r t, s t[]);
--- rows
insert into t values ('a', 1); insert into u values (row('a', 1), array[row('a', 2)::t]);
--- an index of a partition is like the one that its parent's is made of, and the key of the parent changes
create table t (a int not null, b int not null) partition by range (a); create table t1 partition of t for values from (0) to (10); create index i on t (a); create index own on t1 (a);
--- becomes
create table t (a int not null, b int not null) partition by range (b); create table t1 partition of t for values from (0) to (10); create index i on t (a); create index own on t1 (a);

--- an index of a partition is like the one that its parent's is made of, and its bound changes
create table t (a int not null, b int not null) partition by range (a); create table t1 partition of t for values from (0) to (10); create index i on t (a); create index own on t1 (a); create index aaa on t1 (b);
--- becomes
create table t (a int not null, b int not null) partition by range (a); create table t1 partition of t for values from (0) to (20); create index i on t (a); create index own on t1 (a); create index j on t (b); create index aaa on t1 (b);

--- statistics and a publication list columns whose order in the table is another
create table t (a int, b text, id int primary key); create statistics st on a, id, (a + 1), lower(b) from t; create statistics su (ndistinct) on b, a from t; create publication p1 for table t (a, id);
--- becomes
create table t (id int primary key, "B c" int, a int, b text); create statistics st on a, id, (a + 1), lower(b) from t; create statistics su (ndistinct) on b, a from t; create statistics sv on "B c", a from t; create publication p1 for table t (a, id);

--- a table becomes one of a type, with other columns
create table u (a int, b int); create type a as (x int, y text);
--- becomes
create type a as (x int, y text, z int); create table u of a (x default 4);

--- a table leaves its type for another
create type a as (x int, y text); create type b as (x int, q text); create table u of a; insert into u values (1, 'a');
--- becomes
create type a as (x int, y text); create type b as (x bigint, q text); create table u of b (primary key (x));

--- an index of only the parent, which comes with its partitions
create table z ();
--- becomes
create table z (); create table t (a int, b int) partition by range (a); create table t1 partition of t for values from (0) to (10); create table t2 partition of t for values from (10) to (20); create index i on only t (b); create index j on only t (a); create index j1 on t1 (a); alter index j attach partition j1;
