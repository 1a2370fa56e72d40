-- One change of a column at a time, with one kind of dependent: what has to step aside, and to come back as it was.

--- widened under a chain of three views with grants
create table base (id int, qty int); create view v1 as select id, qty from base; create view v2 as select id, qty + 1 as q from v1; create view v3 as select sum(q) as s from v2; grant select on v2 to public; comment on view v3 is 'sum'; comment on column v3.s is 'S';
--- becomes
create table base (id int, qty bigint); create view v1 as select id, qty from base; create view v2 as select id, qty + 1 as q from v1; create view v3 as select sum(q) as s from v2; grant select on v2 to public; comment on view v3 is 'sum'; comment on column v3.s is 'S';
--- rows
insert into base values (1, 2)

--- widened under a materialised view with two indexes and statistics targets
create table base (id int, qty int); create materialized view mv as select id, qty from base; create unique index mv_id on mv (id); create index mv_q on mv (qty desc nulls last) where qty > 3; alter materialized view mv alter column qty set statistics 33; comment on materialized view mv is 'm'; comment on index mv_q is 'q';
--- becomes
create table base (id int, qty numeric); create materialized view mv as select id, qty from base; create unique index mv_id on mv (id); create index mv_q on mv (qty desc nulls last) where qty > 3::numeric; alter materialized view mv alter column qty set statistics 33; comment on materialized view mv is 'm'; comment on index mv_q is 'q';
--- rows
insert into base values (1, 2)

--- widened under a view over a materialised view over a view
create table base (a varchar(10)); create view v as select a from base; create materialized view m as select a, length(a) l from v; create index on m (a); create view w as select a || 'x' as ax from m; grant select on m to public;
--- becomes
create table base (a text); create view v as select a from base; create materialized view m as select a, length(a) l from v; create index on m (a); create view w as select a || 'x' as ax from m; grant select on m to public;
--- rows
insert into base values ('q')

--- widened under a view with an instead-of trigger, a rule and a default
create table base (id int, a varchar(10)); create view v as select id, a from base; alter view v alter column a set default 'none'; create function io() returns trigger language plpgsql as 'begin insert into base values (new.id, new.a); return new; end'; create trigger tr instead of insert on v for each row execute function io(); create rule rd as on delete to v do instead delete from base where id = old.id; comment on trigger tr on v is 'T';
--- becomes
create table base (id int, a varchar(20)); create view v as select id, a from base; alter view v alter column a set default 'none'; create function io() returns trigger language plpgsql as 'begin insert into base values (new.id, new.a); return new; end'; create trigger tr instead of insert on v for each row execute function io(); create rule rd as on delete to v do instead delete from base where id = old.id; comment on trigger tr on v is 'T';
--- rows
insert into base values (1, 'q')

--- widened under an exclusion constraint
create table booking (room int4range, d daterange, exclude using gist (room with &&, d with &&) where (not isempty(d)));
--- becomes
create table booking (room int8range, d daterange, exclude using gist (room with &&, d with &&) where (not isempty(d)));

--- widened under a covering unique constraint and a foreign key
create table p (a int, b int, c text, constraint p_ab unique (a, b) include (c)); create table q (x int, y int, constraint q_p foreign key (x, y) references p (a, b) match full on delete set null deferrable initially deferred); comment on constraint q_p on q is 'fk';
--- becomes
create table p (a bigint, b int, c text, constraint p_ab unique (a, b) include (c)); create table q (x bigint, y int, constraint q_p foreign key (x, y) references p (a, b) match full on delete set null deferrable initially deferred); comment on constraint q_p on q is 'fk';
--- rows
insert into p values (1, 2, 'x'); insert into q values (1, 2)

--- widened under a check that names two columns
create table t (lo int, hi int, constraint span check (lo < hi) no inherit); comment on constraint span on t is 's';
--- becomes
create table t (lo bigint, hi bigint, constraint span check (lo < hi) no inherit); comment on constraint span on t is 's';
--- rows
insert into t values (1, 2)

--- widened under a check that is not valid
create table t (lo int); insert into t values (-1); alter table t add constraint pos check (lo > 0) not valid;
--- becomes
create table t (lo bigint); alter table t add constraint pos check (lo > 0) not valid;

--- widened under two generated columns with an index and a check
create table t (a int, b int generated always as (a + 1) stored, c text generated always as ((a * 2)::text) stored); create index on t (b); alter table t add check (c <> '');
--- becomes
create table t (a bigint, b int generated always as (a + 1) stored, c text generated always as ((a * 2)::text) stored); create index on t (b); alter table t add check (c <> '');
--- rows
insert into t values (4)

--- widened under policies of other tables
create table member (org int, who text); create table doc (id int, org int); alter table doc enable row level security; create policy see on doc for select using (org in (select m.org from member m where m.who = current_user)); create policy put on doc for insert to public with check (exists (select 1 from member m where m.org = doc.org)); comment on policy see on doc is 'S';
--- becomes
create table member (org bigint, who text); create table doc (id int, org bigint); alter table doc enable row level security; create policy see on doc for select using (org in (select m.org from member m where m.who = current_user)); create policy put on doc for insert to public with check (exists (select 1 from member m where m.org = doc.org)); comment on policy see on doc is 'S';
--- rows
insert into member values (1, 'x'); insert into doc values (2, 1)

--- widened under triggers with conditions and column lists
create table t (id int, a int, b text); create function tf() returns trigger language plpgsql as 'begin return null; end'; create trigger t1 after update of a on t for each row when (old.a is distinct from new.a) execute function tf(); create trigger t2 after insert on t referencing new table as fresh for each statement execute function tf('x', '2'); create constraint trigger t3 after insert or update of a on t deferrable initially deferred for each row when (new.a > 3) execute function tf(); alter table t disable trigger t1; alter table t enable always trigger t3; comment on trigger t3 on t is 'T3';
--- becomes
create table t (id int, a bigint, b text); create function tf() returns trigger language plpgsql as 'begin return null; end'; create trigger t1 after update of a on t for each row when (old.a is distinct from new.a) execute function tf(); create trigger t2 after insert on t referencing new table as fresh for each statement execute function tf('x', '2'); create constraint trigger t3 after insert or update of a on t deferrable initially deferred for each row when (new.a > 3) execute function tf(); alter table t disable trigger t1; alter table t enable always trigger t3; comment on trigger t3 on t is 'T3';

--- widened under a routine with an atomic body, in two steps
create table t (id int, a int); create function one() returns bigint language sql begin atomic select sum(a) from t; end; create function two() returns bigint language sql begin atomic select one() * 2; end; create procedure wipe(x int) language sql begin atomic delete from t where a = x; end; create view v as select two() as z; comment on function one() is 'O'; revoke all on function two() from public;
--- becomes
create table t (id int, a smallint); create function one() returns bigint language sql begin atomic select sum(a) from t; end; create function two() returns bigint language sql begin atomic select one() * 2; end; create procedure wipe(x int) language sql begin atomic delete from t where a = x; end; create view v as select two() as z; comment on function one() is 'O'; revoke all on function two() from public;
--- rows
insert into t values (1, 2)

--- widened under statistics of expressions
create table t (a int, b int); create index ti on t ((a * 2), b); alter index ti alter column 1 set statistics 44; create statistics s1 (ndistinct, dependencies) on a, b from t; create statistics s2 on (a + b), (a * 2) from t; alter statistics s1 set statistics 90; comment on statistics s2 is 'S2';
--- becomes
create table t (a bigint, b int); create index ti on t ((a * 2), b); alter index ti alter column 1 set statistics 44; create statistics s1 (ndistinct, dependencies) on a, b from t; create statistics s2 on (a + b), (a * 2) from t; alter statistics s1 set statistics 90; comment on statistics s2 is 'S2';

--- widened under publications with lists and filters
create table t (id int primary key, a int not null, b text); create publication p1 for table t (id, a); create publication p2 for table t where (id > 5) with (publish = 'insert, delete'); create publication p3 for all tables;
--- becomes
create table t (id bigint primary key, a bigint not null, b text); create publication p1 for table t (id, a); create publication p2 for table t where (id > 5) with (publish = 'insert, delete'); create publication p3 for all tables;
--- rows
insert into t values (1, 2)

--- widened under rules of other tables
create table t (id int, a varchar(5)); create table logs (a varchar(5)); create rule keep as on update to t where old.a <> new.a do also insert into logs values (old.a); create rule never as on delete to logs do instead nothing;
--- becomes
create table t (id int, a text); create table logs (a text); create rule keep as on update to t where old.a <> new.a do also insert into logs values (old.a); create rule never as on delete to logs do instead nothing;

--- widened where a function returns rows of the table
create table t (id int, a int); create function every() returns setof t language sql stable as 'select * from t'; create function pick(r t) returns int language sql immutable as 'select r.a'; create view v as select e.id, pick(e.*) as p from every() e;
--- becomes
create table t (id int, a bigint); create function every() returns setof t language sql stable as 'select * from t'; create function pick(r t) returns int language sql immutable as 'select r.a::int'; create view v as select e.id, pick(e.*) as p from every() e;
--- rows
insert into t values (1, 2)

--- a column is added to a table whose rows a view and a function return
create table t (id int); create function every() returns setof t language sql stable as 'select * from t'; create view v as select t from t; create view w as select * from every();
--- becomes
create table t (id int, more text); create function every() returns setof t language sql stable as 'select * from t'; create view v as select t from t; create view w as select id from every();

--- a column goes that a chain of views passed on
create table t (id int, gone int, stay int); create view a as select * from t; create view b as select * from a; create materialized view c as select * from b;
--- becomes
create table t (id int, stay int); create view a as select * from t; create view b as select * from a; create materialized view c as select * from b;
--- rows
insert into t values (1, 2, 3)

--- a column goes with its index, constraint, comment, grant, policy and generated column
create table t (id int, gone int, g int generated always as (gone * 2) stored, constraint u unique (gone), constraint c check (gone > 0)); create index i on t (id, gone); comment on column t.gone is 'x'; grant select (gone) on t to public; create policy p on t using (gone = 1);
--- becomes
create table t (id int, g int);
--- rows
insert into t values (1, 2)

--- a column moves to another table
create table a (id int primary key, mail text unique); create table b (id int primary key);
--- becomes
create table a (id int primary key); create table b (id int primary key, mail text unique);

--- default becomes an expression on a sequence of its own and back
create table t (id int not null default 7, code text default 'a'); create sequence nums;
--- becomes
create sequence nums_2 start 5; create table t (id int not null default nextval('nums_2'), code text default upper('a')); alter sequence nums_2 owned by t.id;
--- rows
insert into t default values

--- text with a default becomes an array, json, a date and an interval
create table t (a text default '{}', b text default '{}', c text default '2020-01-01', d text default '1 day', e text default '10.1.1.1');
--- becomes
create table t (a text[] default '{}', b jsonb default '{}', c date default '2020-01-01', d interval default '1 day', e inet default '10.1.1.1');
--- rows
insert into t values ('{x}', '{"a": 1}', '2021-01-01', '2 days', '10.0.0.1')

--- numbers become texts and times become numbers
create table t (a int default 5, b numeric(6,2) default 1.5, c bigint, d timestamptz, e date, f boolean default true);
--- becomes
create table t (a text default '5', b text default '1.50', c timestamptz, d bigint, e text default 'x', f text default 'true');
--- rows
insert into t (a, b, e, f) values (1, 2.5, '2020-01-01', false)

--- a null becomes not null with a default, and one without
create table t (a int, b text, c timestamptz); create table u (a int);
--- becomes
create table t (a int not null default 0, b text not null default '', c timestamptz not null default now()); create table u (a int not null);
--- rows
insert into t values (1, 'x', now())

--- new columns that may not be null, on a table with rows
create type col as enum ('red', 'green'); create domain code as text check (value <> ''); create table t (id int primary key);
--- becomes
create type col as enum ('red', 'green'); create domain code as text check (value <> ''); create table t (id int primary key, a int not null, b text not null, c boolean not null, d timestamptz not null, e jsonb not null, f uuid not null, g text[] not null, h col not null, i code not null, j numeric(4,1) not null, k bytea not null, l inet not null, m int4range not null);

--- a new key column on a table with rows
create table t (name text);
--- becomes
create table t (name text, id bigserial primary key, other int generated always as identity unique, u uuid not null default gen_random_uuid() unique);
--- rows
insert into t values ('a'), ('b')

--- a new reference that may not be null, on a table with rows
create table p (id int primary key); create table t (name text);
--- becomes
create table p (id int primary key); create table t (name text, p_id int not null references p);

--- check and not null over rows that fit
create table t (a int, b text);
--- becomes
create table t (a int primary key, b text not null check (length(b) < 10), unique (a, b));
--- rows
insert into t values (1, 'x'), (2, 'y')

--- every setting of a column at once
create table t (a text, b text, c int); comment on column t.a is 'old';
--- becomes
create table t (a text collate "C" not null default 'd', b text, c int); alter table t alter a set storage external, alter a set statistics 11, alter a set (n_distinct = 3), alter a set compression pglz; comment on column t.a is 'new'; grant select (a), update (b) on t to public;
--- rows
insert into t values ('x')

--- char and varchar, bit and varbit, with and without lengths
create table t (a char, b char(3), c varchar, d varchar(4), e bit(3), f bit varying(5), g "char", h name);
--- becomes
create table t (a char(2), b varchar(3), c varchar(9), d char(6), e bit varying, f bit(5), g text, h varchar(63));
--- rows
insert into t values ('x', 'abc', 'vv', 'dd', b'101', b'10101', 'q', 'n')

--- intervals, times and timestamps with precisions
create table t (a interval, b interval year to month, c time(2), d timestamptz(0), e timestamp);
--- becomes
create table t (a interval(3), b interval, c time, d timestamptz, e timestamp(1));
--- rows
insert into t values ('1 day', '2 years', '10:00', now(), now())

--- geometric, network and search types
create table t (a point, b inet, c cidr, d macaddr, e tsvector, f xml, g bytea, h pg_lsn, i oid, j regclass);
--- becomes
create table t (a text, b cidr, c inet, d macaddr8, e text, f text, g text, h text, i bigint, j oid);
--- rows
insert into t values ('(1,2)', '10.0.0.0', '10.0.0.0/8', '08:00:2b:01:02:03', 'a b', null, '\x01', '0/1', 5, 'pg_class')

--- arrays of other dimensions and elements
create table t (a int[], b int[][], c text[] default '{a}', d varchar(3)[], e numeric(5,2)[]);
--- becomes
create table t (a text[], b int[], c varchar(10)[] default '{b}', d text[], e numeric(8,3)[]);
--- rows
insert into t values ('{1,2}', '{{1},{2}}', '{x}', '{abc}', '{1.25}')

--- a type that an index on an expression and a partial unique index need
create table t (id int, mail varchar(100), at timestamp); create unique index t_mail on t (lower(mail)) where at is null; create index t_day on t (date_trunc('day', at), id); create index t_gin on t using gin (to_tsvector('simple', mail));
--- becomes
create table t (id int, mail text, at timestamp); create unique index t_mail on t (lower(mail)) where at is null; create index t_day on t (date_trunc('day', at), id); create index t_gin on t using gin (to_tsvector('simple', mail));
--- rows
insert into t values (1, 'A@b', null)

--- an index by an operator class follows the type
create table t (a varchar(10), b text); create index i1 on t (a varchar_pattern_ops); create index i2 on t (b text_pattern_ops desc); create index i3 on t using hash (b);
--- becomes
create table t (a text, b varchar(10)); create index i1 on t (a text_pattern_ops); create index i2 on t (b varchar_pattern_ops desc); create index i3 on t using hash (b);
--- rows
insert into t values ('a', 'b')

--- the key of a replica identity and of clustering changes its type
create table t (id int not null, v text); create unique index t_id on t (id); alter table t replica identity using index t_id; alter table t cluster on t_id; comment on index t_id is 'i';
--- becomes
create table t (id uuid not null, v text); create unique index t_id on t (id); alter table t replica identity using index t_id; alter table t cluster on t_id; comment on index t_id is 'i';

--- a self reference changes its type
create table node (id int primary key, up int references node (id) on delete cascade, root int references node);
--- becomes
create table node (id bigint primary key, up bigint references node (id) on delete cascade, root bigint references node);
--- rows
insert into node values (1, null, 1), (2, 1, 1)

--- foreign keys in a circle change their type
create table a (id int primary key, b int); create table b (id int primary key, c int); create table c (id int primary key, a int references a); alter table a add constraint a_b foreign key (b) references b deferrable; alter table b add constraint b_c foreign key (c) references c on update cascade;
--- becomes
create table a (id uuid primary key, b uuid); create table b (id uuid primary key, c uuid); create table c (id uuid primary key, a uuid references a); alter table a add constraint a_b foreign key (b) references b deferrable; alter table b add constraint b_c foreign key (c) references c on update cascade;

--- a view's query is a with, a lateral, a window and a union
create table t (id int, k int, at date); create view v as with x as (select id, k from t where k > 1) select x.id, y.n, rank() over (partition by x.k order by x.id) as r from x, lateral (select count(*) as n from t z where z.k = x.k) y union all select id, k, 0 from t;
--- becomes
create table t (id bigint, k bigint, at date); create view v as with x as (select id, k from t where k > 1) select x.id, y.n, rank() over (partition by x.k order by x.id) as r from x, lateral (select count(*) as n from t z where z.k = x.k) y union all select id, k, 0 from t;
--- rows
insert into t values (1, 2)

--- a column under a recursive view changes its type
create table node (id int, up int, name text); create recursive view tree (id, depth, path) as select id, 0, name from node where up is null union all select n.id, t.depth + 1, t.path || n.name from node n join tree t on t.id = n.up;
--- becomes
create table node (id bigint, up bigint, name text); create recursive view tree (id, depth, path) as select id, 0, name from node where up is null union all select n.id, t.depth + 1, t.path || n.name from node n join tree t on t.id = n.up;
--- rows
insert into node values (1, null, 'r')
