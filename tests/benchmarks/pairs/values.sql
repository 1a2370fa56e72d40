--- views of bare values with names, in unions, in with, materialised and with options
create table t (a int);
--- becomes
create table t (a int); create view v8 (x, "Y y") as values (1, 'a) "x'), (2, 'b'); create view v6 as select a from t union all values (1); create view v61 as values (1) union all select a from t; create view v62 (q) with (security_barrier) as (values (1) union values (3)) except select a from t; create view v63 as select * from (values (1),(2)) as x(y); create view v65 (n) as values (1), ((select max(a) from t)) order by 1 limit 1; create materialized view v66 (mm) as values (1),(2); create view v67 as with recursive w (m) as (values (1) union all select m + 1 from w where m < 5) select m from w; create view v68 (a, b) as values (1, 2) union (values (3, 4) union all select a, a from t) order by 1;

--- views of bare values change their names and rows
create view v8 (x, y) as values (1, 'a'), (2, 'b'); create view v9 as select x from v8; create materialized view m as select x from v9;
--- becomes
create view v8 (x, z) as values (1, 'a'::text), (3, 'b'); create view v9 as select x, z from v8; create materialized view m as select x, z from v9;

--- comparisons of rows within rows
create table t (a int, b int, c int);
--- becomes
create table t (a int, b int, c int, check (row(a, row(b, c)) <> row(1, row(2, 3)))); create view r1 as select row(a, row(b,c)) is distinct from row(1, row(2, 3)) as x, row(a, row(b,c)) = row(1, row(b, 3)) as y, row(a, row(b,c)) < row(1, row(2,3)) as z from t; create view r4 as select * from t where (a, row(b, row(c, a))) is not distinct from (1, row(2, row(3, 4))) and (a, row(b, c)) in (row(1, row(2, 3)), row(4, row(5, 6))); create index on t (a) where (a, row(b, c)) is distinct from (1, row(2, 3)); create policy p on t using (row(row(a, b), c) <> row(row(1, 2), 3) or row(a, b) = (select 1, 2)); alter table t enable row level security;
