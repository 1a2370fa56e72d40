-- What PostgreSQL prints and would read back as something else, in every place where an expression stands.

--- a varchar in a list: check, index, policy, view, trigger, rule, generated column, domain, publication, statistics, body
create table t (id int primary key, s varchar(9) not null);
--- becomes
create domain lvl as varchar(5) check (value in ('a', 'b')); create table t (id int primary key, s varchar(9) not null, g boolean generated always as (s in ('x', 'y')) stored, l lvl, constraint c check (s in ('a', 'it''s', 'c\d')), constraint n check (s not in ('q', 'r')), s2 varchar(3), constraint no check (s in (s2, s))); create index i on t (id) where s in ('x', 'y'); create policy p on t using (s in ('x', 'y')); create view v as select id, s in ('x', 'y') as b from t where s not in ('m', 'n'); create materialized view m as select id from t where s in ('x', 'y'); create function tf() returns trigger language plpgsql as $$ begin if new.s in ('x', '(ARRAY[''x''::character varying])::text[]') then return null; end if; return new; end $$; create trigger tr before insert on t for each row when (new.s in ('x', 'y')) execute function tf(); create rule r as on delete to t where old.s in ('x', 'y') do instead nothing; create statistics st on (s in ('x', 'y')), id from t; create function bf(a varchar) returns boolean language sql begin atomic select a in ('x', 'y'); end; create function df(a boolean default 'x'::varchar in ('x', 'y')) returns int language sql as 'select 1'; comment on table t is '(ARRAY[''x''::character varying])::text[]';
--- rows
insert into t values (1, 'a')

--- a check with a list stays while everything around it changes
create table t (id int, s varchar(9) check (s in ('a', 'b')), k int); create view v as select id from t where s in ('a', 'b');
--- becomes
create table t (id bigint, s varchar(20) check (s in ('a', 'b')), j int not null default 3); create view v as select id from t where s in ('a', 'b');
--- rows
insert into t values (1, 'a', 2)

--- lists of other types
create table t (a int, b char(3), c text, d cidr, e date, f numeric, g name, h "char", i varchar[]);
--- becomes
create table t (a int check (a in (1, 2)), b char(3) check (b in ('abc', 'def')), c text check (c = any ('{a,b}')), d cidr check (d in ('10.0.0.0/8', '10.1.0.0/16')), e date check (e not in ('2020-01-01', '2021-01-01')), f numeric check (f in (1.5, 2)), g name check (g in ('a', 'b')), h "char" check (h in ('a', 'b')), i varchar[] check (i <@ array['a', 'b']::varchar[] and 'x' <> all (i)));

--- texts that are compared, joined and matched
create table t (a varchar(9), b text, c char(4));
--- becomes
create table t (a varchar(9) check (a like any (array['a%', 'b%'])), b text check (b similar to 'a|b' and b ~* 'x'), c char(4) check (c between 'a' and 'd'), d varchar generated always as (a || '-' || coalesce(b, c::text, '')) stored, check (lower(a) = upper(b) or (a, b) < ('x', 'y')), check (case a when 'x' then b = 'y' else a is distinct from b end));

--- times, intervals and current values
create table t (a timestamptz, b interval);
--- becomes
create table t (a timestamptz default current_timestamp, b interval default '1 day 2 hours', c date default current_date - 7, d time default localtime(0), e timestamptz default (now() at time zone 'utc'), f int default extract(year from now()), g text default current_user, h timestamptz default 'now', i date default '2020-02-29'::date + interval '1 year', j double precision default 1e-7, k numeric default -0.5, l bigint default 9223372036854775807, m bytea default '\x00ff', n bit(3) default b'101', check (a > timestamptz '2020-01-01 00:00+00'), check (extract(dow from a at time zone 'UTC') in (1, 2)));

--- queries of many shapes
create table t (id int, n text, k int, at timestamp);
--- becomes
create table t (id int, n text, k int, at timestamp); create view v1 as select distinct on (k) k, n from t order by k, at desc nulls last limit 3 offset 1; create view v2 as select k, count(*) filter (where n <> ''), string_agg(n, ',' order by n desc), grouping(k) from t group by rollup (k) having count(*) > 1; create view v3 as select t1.id, t2.n from t t1 left join t t2 using (id) cross join generate_series(1, 3) as g (x); create view v4 as select * from (values (1, 'a'), (2, 'b')) as x (i, s); create view v5 as select sum(k) over w as s, lag(n, 1, '-') over (w rows between 1 preceding and current row) from t window w as (partition by n order by id); create view v6 as select id from t union select k from t except (select 1 intersect select 2) order by 1; create view v7 as with recursive r (i) as (values (1) union all select i + 1 from r where i < 5) search depth first by i set o select i, 3 as k from r; create view v8 as select array(select id from t) as a, exists (select 1 from t) as b, (select max(id) from t) as c, id = any (select k from t) as d from t; create view v9 as select t.*, t as whole, n collate "C" as nc, at::date as d, k::numeric(5,1) as k1, trim(both 'x' from n), substring(n from 1 for 2), position('a' in n), overlay(n placing 'z' from 1), extract(epoch from at) from t tablesample system (10); create view v10 as select * from t where (id, k) in (select id, k from t) and n is not null and not (id between 1 and 3) for update; create view v11 as select j.*, x.* from jsonb_to_recordset('[]') as j (a int, b text), rows from (generate_series(1, 2), unnest(array['a'])) with ordinality as x (p, q, r);
