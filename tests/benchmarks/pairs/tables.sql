-- Tables: partitions, inheritance, constraints, indexes, settings, security.

--- partitions come and go and move
create table p (id int, at date not null, v text) partition by range (at); create table p1 partition of p for values from ('2020-01-01') to ('2021-01-01'); create table p2 partition of p for values from ('2021-01-01') to ('2022-01-01'); create table lone (id int, at date not null, v text);
create index pi on p (id);
--- becomes
create table p (id int, at date not null, v text) partition by range (at); create table p1 partition of p for values from ('2019-01-01') to ('2021-01-01'); create table p2 (id int, at date not null, v text); create table lone partition of p for values from ('2022-01-01') to ('2023-01-01'); create table pd partition of p default;
create index pi on p (id);
--- rows
insert into p values (1, '2020-05-05', 'x'), (2, '2021-05-05', 'y')

--- partitioned table changes columns, keys and checks
create table p (id int not null, k text not null, a int, primary key (id, k), check (a > 0)) partition by list (k); create table p_x partition of p for values in ('x'); create table p_y partition of p for values in ('y') partition by range (id); create table p_y1 partition of p_y for values from (0) to (100); create index on p (a); create table q (id int, k text, foreign key (id, k) references p);
--- becomes
create table p (id bigint not null, k text not null, a bigint default 5, b text not null default 'b', primary key (k, id), check (a > 1)) partition by list (k); create table p_x partition of p for values in ('x'); create table p_y partition of p for values in ('y') partition by range (id); create table p_y1 partition of p_y for values from (0) to (100); create unique index on p (a, k, id); create table q (id bigint, k text, foreign key (k, id) references p);
--- rows
insert into p values (1, 'x', 5), (2, 'y', 6); insert into q values (1, 'x')

--- plain to partitioned with foreign keys, views and triggers
create table t (id int primary key, k int not null, v text default 'v'); create table u (t_id int references t); create view w as select * from t; create function f() returns trigger language plpgsql as 'begin return new; end'; create trigger g after insert on t for each row execute function f(); create index on t (k); comment on table t is 'T'; grant select on t to public; alter table t enable row level security; create policy po on t using (k > 0); create rule ru as on delete to t do instead nothing;
--- becomes
create table t (id int primary key, k int not null, v text default 'v') partition by hash (id); create table t0 partition of t for values with (modulus 2, remainder 0); create table t1 partition of t for values with (modulus 2, remainder 1); create table u (t_id int references t); create view w as select * from t; create function f() returns trigger language plpgsql as 'begin return new; end'; create trigger g after insert on t for each row execute function f(); create index on t (k); comment on table t is 'T'; grant select on t to public; alter table t enable row level security; create policy po on t using (k > 0);
--- rows
insert into t values (1, 2), (3, 4); insert into u values (1)

--- partition key changes
create table t (a int not null, b int not null) partition by range (a); create table t1 partition of t for values from (0) to (10);
--- becomes
create table t (a int not null, b int not null) partition by range (b); create table t1 partition of t for values from (0) to (10);
--- rows
insert into t values (5, 6)

--- type of the partition key
create table t (a int not null, b text) partition by range (a); create table t1 partition of t for values from (0) to (10); create table t2 partition of t for values from (10) to (20); create index on t (a);
--- becomes
create table t (a bigint not null, b text) partition by range (a); create table t1 partition of t for values from (0) to (10); create table t2 partition of t for values from (10) to (20); create index on t (a);
--- rows
insert into t values (5, 'x')

--- inheritance
create table a (x int, y text not null default 'q', check (x > 0)); create table b (z int) inherits (a); create table c () inherits (b); create view v as select * from b;
--- becomes
create table a (x bigint, w int, check (x > 1)); create table b (z int, y text not null default 'r') inherits (a); create table c (z2 int) inherits (b); create view v as select * from b;
--- rows
insert into b values (5, 'x', 1)

--- inheritance begins and ends
create table a (x int, y text); create table b (x int, y text, z int); create table c (k int) inherits (a);
--- becomes
create table a (x int, y text); create table b (z int) inherits (a); create table c (x int, y text, k int);
--- rows
insert into b values (1, 'x', 2); insert into c values (1, 'x', 2)

--- foreign keys in all ways
create table t (a int, b int, primary key (a, b), unique (b, a)); create table u (a int, b int, constraint k foreign key (a, b) references t match full on delete set null, constraint l foreign key (a, b) references t deferrable initially deferred); alter table u add constraint n foreign key (b, a) references t (b, a) not valid;
--- becomes
create table t (a int, b int, primary key (a, b), unique (b, a)); create table u (a int, b int, constraint k foreign key (a, b) references t on delete cascade on update set default, constraint l foreign key (a, b) references t, constraint n foreign key (b, a) references t (b, a)); alter table u add constraint o foreign key (a, b) references t on delete set null (a) not valid;
--- rows
insert into t values (1, 2); insert into u values (1, 2)

--- primary key moves while foreign keys point at it
create table t (id int primary key, code text not null unique); create table u (t_id int references t); 
--- becomes
create table t (id int not null unique, code text primary key); create table u (t_id int references t (id), t_code text references t);
--- rows
insert into t values (1, 'a'); insert into u values (1)

--- constraint kinds
create extension btree_gist; create table t (a int, b int4range, c int, d int, constraint e exclude using gist (b with &&, c with =) where (a > 0), constraint u unique (a, c), constraint ch check (a > 0) no inherit, constraint nv check (c > 0)); alter table t add constraint nw check (d > 0) not valid; comment on constraint u on t is 'U'; comment on index u is 'UI'; create unique index q on t (d);
--- becomes
create extension btree_gist; create table t (a int, b int4range, c int, d int, constraint e exclude using gist (b with &&, c with =) deferrable, constraint u unique (a, c) deferrable initially deferred, constraint ch check (a > 0), constraint nw check (d > 0)); alter table t add constraint nv check (c > 0) not valid; alter table t add constraint q unique (d); comment on constraint u on t is 'U2';
--- rows
insert into t values (1, '[1,2)', 3, 4)

--- unique nulls not distinct, include, options
create table t (a int, b int, c text); create unique index i on t (a) include (b); create index j on t (b desc nulls last) with (fillfactor = 70); create index k on t using gin (to_tsvector('english', c)); create index l on t using hash (a); alter table t add constraint m unique (b) include (c); cluster t using i; create index n on t using brin (a) with (pages_per_range = 32);
--- becomes
create table t (a int, b int, c text); create unique index i on t (a) nulls not distinct; create index j on t (b) with (fillfactor = 80); create index k on t using gin (to_tsvector('simple', c)); create index l on t using btree (a); alter table t add constraint m unique nulls not distinct (b); alter table t replica identity full; create index n on t using brin (a) with (autosummarize = on); alter table t cluster on j;
--- rows
insert into t values (1, 2, 'x')

--- replica identity and clustering by an index that is made anew
create table t (a int not null, b int not null); create unique index i on t (a); alter table t replica identity using index i; alter table t cluster on i;
--- becomes
create table t (a int not null, b int not null); create unique index i on t (a, b); alter table t replica identity using index i; alter table t cluster on i;
--- rows
insert into t values (1, 1)

--- settings
create table t (a int, b text) with (fillfactor = 50, autovacuum_enabled = off, toast.autovacuum_enabled = off); create unlogged table u (a int); create table w (a serial);
--- becomes
create table t (a int, b text) with (fillfactor = 60, parallel_workers = 3); create table u (a int); create unlogged table w (a serial);
--- rows
insert into t values (1); insert into u values (1); insert into w default values

--- row level security
create table t (a int, who text); alter table t enable row level security; create policy a on t for select using (a > 0); create policy b on t as restrictive for update to public using (a > 0) with check (a > 1); create policy c on t for insert with check (true); comment on policy a on t is 'A';
--- becomes
create table t (a int, who text); alter table t force row level security; create policy a on t for select using (a > 1); create policy b on t for update to public using (a > 0); create policy d on t for delete using (who = current_user); comment on policy a on t is 'AA';

--- policies that read other tables
create table t (a int); create table u (a int); create policy p on t using (exists (select from u where u.a = t.a)); create function f(int) returns boolean language sql as 'select true'; create policy q on u using (f(a));
--- becomes
create table t (a bigint); create table w (a int); create policy p on t using (exists (select from w where w.a = t.a)); create function f(bigint) returns boolean language sql as 'select true'; create table u (a bigint); create policy q on u using (f(a));

--- triggers on views and partitions
create table t (a int, b int) partition by range (a); create table t1 partition of t for values from (0) to (10); create function f() returns trigger language plpgsql as 'begin return new; end'; create trigger x after insert on t for each row execute function f(); create view v as select * from t; create trigger y instead of insert on v for each row execute function f();
--- becomes
create table t (a int, b int) partition by range (a); create table t1 partition of t for values from (0) to (10); create function f() returns trigger language plpgsql as 'begin return new; end'; create trigger x after insert or delete on t for each row execute function f(); create view v as select a from t; create trigger y instead of insert or update on v for each row execute function f(); alter table t1 disable trigger x;
--- rows
insert into t values (1, 2)

--- rules
create table t (a int, b int); create table l (a int); create rule r1 as on insert to t do also insert into l values (new.a); create rule r2 as on update to t where new.b > 5 do instead nothing; comment on rule r1 on t is 'R';
--- becomes
create table t (a bigint, b int, c int); create table l (a bigint); create rule r1 as on insert to t do also insert into l values (new.a + 1); create rule r3 as on delete to t do instead update t set c = 1 where t.a = old.a; alter table t disable rule r3;
--- rows
insert into t values (1, 2)

--- a table becomes a view
create table t (a int, b text); create view v as select a from t; grant select on t to public;
--- becomes
create table base (a int, b text); create view t as select * from base; create view v as select a from t; grant select on t to public;
--- a view becomes a materialised view and a table
create table b (a int); create view v as select a from b; create materialized view m as select a from b; create view over as select * from v; create view w as select a from m;
--- becomes
create table b (a int); create materialized view v as select a from b; create table m (a int); create view over as select * from v; create view w as select a from m;

--- names change places
create table a (x int); create table b (y text); create index i on a (x); create index j on b (y);
--- becomes
create table b (x int); create table a (y text); create index j on b (x); create index i on a (y);

--- an index takes the name of a table
create table a (x int); create table b (x int);
--- becomes
create table b (x int); create index a on b (x); create sequence c;

--- constraint and index renamed
create table t (a int, constraint one primary key (a)); create index i1 on t (a); alter table t add constraint c1 check (a > 0);
--- becomes
create table t (a int, constraint two primary key (a)); create index i2 on t (a); alter table t add constraint c2 check (a > 0);
--- rows
insert into t values (1)

--- renamed primary key under foreign keys and replica identity
create table t (a int constraint one primary key); create table u (a int references t); alter table t replica identity using index one; create view v as select a, count(*) from t group by a;
--- becomes
create table t (a int constraint two primary key); create table u (a int references t); alter table t replica identity using index two; create view v as select a, count(*) from t group by a;
--- rows
insert into t values (1); insert into u values (1)

--- view that relies on a primary key
create table t (a int primary key, b text); create view v as select a, b, count(*) from t group by a;
--- becomes
create table t (a int, b text, primary key (a, b)); create view v as select a, b, count(*) from t group by a, b;

--- cycles of foreign keys with serial keys
create table a (id serial primary key, b_id int); create table b (id serial primary key, a_id int references a); alter table a add foreign key (b_id) references b;
--- becomes
create table a (id bigserial primary key, b_id bigint); create table c (id serial primary key, a_id bigint references a); alter table a add foreign key (b_id) references c;
--- rows
insert into a default values

--- temporal order of self reference
create table t (id int primary key, parent int references t on delete cascade);
--- becomes
create table t (id bigint primary key, parent bigint references t on delete set null, other bigint references t);
--- rows
insert into t values (1, 1)

--- schemas
create schema s; create table s.t (a int primary key); create function s.f() returns int language sql as 'select 1'; create view public.v as select * from s.t; comment on schema s is 'S'; grant usage on schema s to public;
--- becomes
create schema r; create table r.t (a int primary key); create function r.f() returns int language sql as 'select 1'; create view public.v as select * from r.t; comment on schema r is 'S'; revoke all on schema public from public; comment on schema public is 'x';

--- schema gone with everything
create schema s; create type s.e as enum ('a'); create table s.t (a s.e, b serial); create table public.u (x s.e, y int); create function public.f(s.e) returns int language sql as 'select 1'; create extension hstore schema s; alter table public.u add h s.hstore;
--- becomes
create table public.u (y int);
