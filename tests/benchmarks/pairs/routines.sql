-- Functions, procedures, aggregates, operators and casts: each attribute, and what uses them.

--- volatility, strictness, security, cost, rows, parallel, leakproof and settings, there and back
create function f1(int) returns int language sql as 'select 1'; create function f2() returns setof int language sql as 'select 1'; create procedure p1() language sql as 'select 1';
--- becomes
create function f1(int) returns int language sql stable strict leakproof security definer cost 7 parallel restricted set work_mem = '8MB' set search_path = public, pg_temp as 'select 1'; create function f2() returns setof int language sql immutable rows 9 parallel safe as 'select 1'; create procedure p1() language sql security definer set timezone = 'UTC' as 'select 1';

--- language changes
create function f(x int) returns int language sql as 'select x'; create procedure p(x int) language sql as 'select x';
--- becomes
create function f(x int) returns int language plpgsql as 'begin return x; end'; create procedure p(x int) language plpgsql as 'begin null; end';

--- string body becomes atomic and back
create table t (a int); create function f() returns bigint language sql as 'select count(*) from public.t'; create function g() returns bigint language sql begin atomic select count(*) from t; end;
--- becomes
create table t (a int); create function f() returns bigint language sql begin atomic select count(*) from t; end; create function g() returns bigint language sql as 'select count(*) from public.t';

--- default of an argument added, changed, taken away, moved
create function f(a int, b int) returns int language sql as 'select a'; create function g(a int, b int default 1, c int default 2) returns int language sql as 'select a'; create view v as select g(1) as x; comment on function g(int, int, int) is 'G';
--- becomes
create function f(a int, b int default 4) returns int language sql as 'select a'; create function g(a int, b int, c int default 3) returns int language sql as 'select a'; create view v as select g(1, 2) as x; comment on function g(int, int, int) is 'G';

--- argument names gone, given, swapped
create function f(a int, b int) returns int language sql as 'select $1'; create function g(int) returns int language sql as 'select $1'; create function h(a int) returns int language sql as 'select $1'; create view v as select f(b => 1, a => 2) as x, h(3) as y;
--- becomes
create function f(b int, a int) returns int language sql as 'select $1'; create function g(x int) returns int language sql as 'select $1'; create function h(int) returns int language sql as 'select $1'; create view v as select f(b => 1, a => 2) as x, h(3) as y;

--- out arguments and tables of results
create function f(out a int, out b text) language sql as 'select 1, ''x'''; create function g(inout a int) language sql as 'select a'; create function h(x int) returns table (id int, n text) language sql as 'select 1, ''x'''; create view v as select * from f(); create view w as select id from h(1);
--- becomes
create function f(out a int, out b text, out c date) language sql as 'select 1, ''x'', current_date'; create function g(inout a int, out b int) language sql as 'select a, a'; create function h(x int) returns table (id bigint, n text) language sql as 'select 1::bigint, ''x'''; create view v as select * from f(); create view w as select id from h(1);

--- single result becomes a set, a set a table, a record a composite
create type r as (a int, b int); create function f() returns int language sql as 'select 1'; create function g() returns setof int language sql as 'select 1'; create function h() returns record language sql as 'select 1, 2'; create function i() returns void language sql as 'select';
--- becomes
create type r as (a int, b int); create function f() returns setof int language sql as 'select 1'; create function g() returns table (x int) language sql as 'select 1'; create function h() returns r language sql as 'select 1, 2'; create function i() returns trigger language plpgsql as 'begin return null; end';

--- variadic and polymorphic
create function f(variadic a int[]) returns int language sql as 'select 1'; create function g(a anyelement) returns anyelement language sql as 'select a'; create function h(a anyarray) returns anyelement language sql as 'select a[1]'; create view v as select f(1, 2), g('x'::text), h(array[1]);
--- becomes
create function f(a int[]) returns int language sql as 'select 1'; create function g(a anyelement, b anyelement) returns anyelement language sql as 'select b'; create function h(a anyarray) returns anyelement language sql as 'select a[2]'; create view v as select f(array[1, 2]), g('x'::text, 'y'), h(array[1]);

--- overloads come and go beside one that stays
create function f(int) returns int language sql as 'select 1'; create function f(text) returns int language sql as 'select 2'; comment on function f(int) is 'I'; comment on function f(text) is 'T';
--- becomes
create function f(int) returns int language sql as 'select 1'; create function f(int, int) returns int language sql as 'select 3'; create function f(date) returns int language sql as 'select 4'; comment on function f(int) is 'I';

--- type of an argument changes under a view, a default, a check, an index and a policy
create function f(int) returns int language sql immutable as 'select 1'; create table t (a int, b int default f(1), check (f(a) = 1)); create index on t (f(a)); create policy p on t using (f(a) = 1); create view v as select f(a) from t;
--- becomes
create function f(bigint) returns int language sql immutable as 'select 1'; create table t (a int, b int default f(1), check (f(a) = 1)); create index on t (f(a)); create policy p on t using (f(a) = 1); create view v as select f(a) from t;
--- rows
insert into t values (1, 1)

--- trigger function gets another name, another body, and another schema
create schema fn; create table t (a int); create function a() returns trigger language plpgsql as 'begin return new; end'; create trigger x before insert on t for each row execute function a(); create trigger y before update on t for each row execute function a();
--- becomes
create schema fn; create table t (a int); create function fn.a() returns trigger language plpgsql as 'begin return new; end'; create function b() returns trigger language plpgsql as 'begin return null; end'; create trigger x before insert on t for each row execute function fn.a(); create trigger y before update on t for each row execute function b();

--- chain of sql functions, made in the wrong order
create table t (a int);
--- becomes
create table t (a int); create function z() returns int language sql immutable as 'select 1'; create function m() returns int language sql immutable as 'select z()'; create function a() returns int language sql immutable as 'select m()'; create view v as select a() as x; alter table t add b int default a(), add c int generated always as (a()) stored;

--- functions that call each other, and themselves
create function even(n int) returns boolean language plpgsql as 'begin return n = 0 or odd(n - 1); end'; 
--- becomes
create function even(n int) returns boolean language plpgsql as 'begin return n = 0 or odd(n - 1); end'; create function odd(n int) returns boolean language plpgsql as 'begin return n > 0 and even(n - 1); end'; create function down(n int) returns int language plpgsql as 'begin return case when n < 1 then 0 else down(n - 1) end; end';

--- atomic bodies in a chain over a table that loses a column
create table t (a int, b int); create function one() returns setof int language sql begin atomic select b from t; end; create function two() returns bigint language sql begin atomic select count(*) from one(); end;
--- becomes
create table t (a int); create function one() returns setof int language sql begin atomic select a from t; end; create function two() returns bigint language sql begin atomic select count(*) from one(); end;
--- rows
insert into t values (1, 2)

--- atomic procedure over a view over a table
create table t (a int); create view v as select a from t; create procedure p(x int) language sql begin atomic insert into t values (x); select a from v; end;
--- becomes
create table t (a int, b int); create view v as select b, a from t; create procedure p(x int) language sql begin atomic insert into t (b) values (x); select b from v; end;
--- rows
insert into t values (1)

--- procedure with in, out and inout arguments
create procedure p(in a int, inout b int) language plpgsql as 'begin b := a; end'; comment on procedure p(int, int) is 'P';
--- becomes
create procedure p(in a int, inout b int, in c text default 'x') language plpgsql as 'begin b := a + 1; end'; comment on procedure p(int, int, text) is 'P'; revoke all on procedure p(int, int, text) from public;

--- bodies with dollars, quotes, backslashes and comments
create function f() returns text language sql as 'select ''a''';
--- becomes
create function f() returns text language sql as $body$ select 'it''s $x$ ' || $q$ a\b -- no comment
 /* nor this */ $q$ $body$; create function g() returns text language plpgsql as $function$ begin return $a$x;y$a$; end $function$;

--- strings with semicolons in defaults, comments, labels and checks
create table t (a text);
--- becomes
create table t (a text default 'x; drop --' check (a <> ';''"')); comment on table t is 'one;
two -- three'; comment on column t.a is E'tab\tand \\ back'; create type e as enum ('a;b', 'c--d');

--- aggregate with every option
create function acc(int[], int) returns int[] language sql immutable as 'select $1 || $2'; create function fin(int[]) returns int language sql immutable as 'select $1[1]'; create function comb(int[], int[]) returns int[] language sql immutable as 'select $1 || $2'; create aggregate first(int) (sfunc = acc, stype = int[], finalfunc = fin, initcond = '{}'); create table t (a int); create view v as select first(a) as f from t;
--- becomes
create function acc(int[], int) returns int[] language sql immutable as 'select $1 || $2'; create function fin(int[]) returns int language sql immutable as 'select $1[1]'; create function comb(int[], int[]) returns int[] language sql immutable as 'select $1 || $2'; create aggregate first(int) (sfunc = acc, stype = int[], finalfunc = fin, combinefunc = comb, sspace = 64, parallel = safe, initcond = '{0}', msfunc = acc, minvfunc = acc, mstype = int[], mfinalfunc = fin); create table t (a int); create view v as select first(a) as f from t; comment on aggregate first(int) is 'F';

--- ordered-set and hypothetical aggregates
create function st(internal, "any") returns internal language internal immutable as 'ordered_set_transition'; create table t (a int);
--- becomes
create table t (a int); create aggregate mid(double precision order by double precision) (sfunc = pg_catalog.ordered_set_transition, stype = internal, finalfunc = pg_catalog.percentile_cont_float8_final);

--- aggregate of no arguments, of a star, and one that is variadic
create function inc(int) returns int language sql immutable as 'select $1 + 1'; create aggregate n(*) (sfunc = inc, stype = int, initcond = '0'); create function cat(text, variadic text[]) returns text language sql immutable as 'select $1'; create aggregate all_of(variadic text[]) (sfunc = cat, stype = text);
--- becomes
create function inc(int) returns int language sql immutable as 'select $1 + 1'; create aggregate n(*) (sfunc = inc, stype = int, initcond = '5'); create function cat(text, variadic text[]) returns text language sql immutable as 'select $1'; create aggregate all_of(variadic text[]) (sfunc = cat, stype = text, initcond = ''); comment on aggregate n(*) is 'N'; revoke execute on function n() from public;

--- aggregate changes its argument's type, and one becomes a function
create aggregate s(int) (sfunc = int4pl, stype = int); create aggregate x(int) (sfunc = int4pl, stype = int);
--- becomes
create aggregate s(bigint) (sfunc = int8pl, stype = bigint); create function x(int) returns int language sql as 'select 1';

--- operators with partners and estimators
create function eq(int, int) returns boolean language sql immutable as 'select $1 = $2'; create function ne(int, int) returns boolean language sql immutable as 'select $1 <> $2'; create operator === (leftarg = int, rightarg = int, function = eq); create table t (a int, check (a === 1)); create view v as select a === 2 as b from t;
--- becomes
create function eq(int, int) returns boolean language sql immutable as 'select $1 = $2'; create function ne(int, int) returns boolean language sql immutable as 'select $1 <> $2'; create operator === (leftarg = int, rightarg = int, function = eq, commutator = ===, negator = !==, restrict = eqsel, join = eqjoinsel, hashes, merges); create operator !== (leftarg = int, rightarg = int, function = ne, negator = ===, commutator = !==); create table t (a int, check (a === 1)); create view v as select a === 2 as b from t; comment on operator ===(int, int) is 'E';

--- prefix operator, operators of two schemas
create schema o; create function neg(int) returns int language sql immutable as 'select -$1'; create operator o.!! (rightarg = int, function = neg); create view v as select operator(o.!!) 5 as x;
--- becomes
create schema o; create function neg(int) returns int language sql immutable as 'select -$1'; create function neg2(int) returns int language sql immutable as 'select -$1 * 2'; create operator o.!! (rightarg = int, function = neg2); create operator !! (rightarg = int, function = neg); create view v as select operator(o.!!) 5 as x;

--- operator class and family for a composite, used by an index
create type c as (x int); create function cmp(c, c) returns int language sql immutable as 'select 0'; create function lt(c, c) returns boolean language sql immutable as 'select false'; create operator <<< (leftarg = c, rightarg = c, function = lt); create table t (a c);
--- becomes
create type c as (x int); create function cmp(c, c) returns int language sql immutable as 'select 0'; create function lt(c, c) returns boolean language sql immutable as 'select false'; create operator <<< (leftarg = c, rightarg = c, function = lt); create operator family fam using btree; create operator class cls for type c using btree family fam as operator 1 <<<, function 1 cmp(c, c); create table t (a c); create index i on t (a cls); comment on operator class cls using btree is 'C'; comment on operator family fam using btree is 'F';

--- casts of every method and context
create type a as (x int); create type b as (x int); create function to_b(a) returns b language sql immutable as 'select row(($1).x)::b'; create cast (a as b) with function to_b(a); create domain d as text; create type e as enum ('q'); create cast (e as text) with inout as assignment;
--- becomes
create type a as (x int); create type b as (x int); create function to_b(a) returns b language sql immutable as 'select row(($1).x)::b'; create cast (a as b) with function to_b(a) as implicit; create type e as enum ('q'); create cast (e as text) with inout as implicit; create cast (text as e) with inout; comment on cast (a as b) is 'AB';

--- transforms and languages stay out of the way of functions
create function f(x text) returns text language sql as 'select x'; comment on language plpgsql is 'PL/pgSQL procedural language';
--- becomes
create function f(x text) returns text language plpgsql as 'begin return x; end'; comment on language plpgsql is 'PL/pgSQL procedural language';

--- event triggers with tags, functions that change and states
create function ev() returns event_trigger language plpgsql as 'begin end'; create event trigger e1 on ddl_command_start when tag in ('CREATE TABLE', 'DROP TABLE') execute function ev(); create event trigger e2 on ddl_command_end when tag in ('CREATE TABLE') execute function ev(); comment on event trigger e1 is 'E';
--- becomes
create function ev() returns event_trigger language plpgsql as 'begin null; end'; create function ev2() returns event_trigger language plpgsql as 'begin end'; create event trigger e1 on ddl_command_start when tag in ('CREATE TABLE') execute function ev2(); create event trigger e3 on sql_drop when tag in ('DROP TABLE') execute function ev(); alter event trigger e3 disable; alter event trigger e1 enable always;

--- text search in all its parts
create text search dictionary d1 (template = simple, stopwords = english); create text search configuration c1 (copy = simple); create table t (a text); create index i on t using gin (to_tsvector('c1', a));
--- becomes
create text search dictionary d1 (template = simple, accept = false); create text search dictionary d2 (template = snowball, language = english); create text search configuration c1 (parser = default); alter text search configuration c1 add mapping for asciiword, word with d2, simple; create table t (a text); create index i on t using gin (to_tsvector('c1', a)); comment on text search configuration c1 is 'C'; comment on text search dictionary d2 is 'D';

--- function in a default privilege of routines
alter default privileges revoke execute on functions from public; create function f() returns int language sql as 'select 1';
--- becomes
create function f() returns int language sql as 'select 1'; create function g() returns int language sql as 'select 1'; revoke execute on function f() from public;

--- view, function and view again, each made of the last, all change
create table t (a int); create view v1 as select a from t; create function f() returns setof v1 language sql stable as 'select * from public.v1'; create view v2 as select * from f();
--- becomes
create table t (a int); create view v1 as select a, a * 2 as b from t; create function f() returns setof v1 language sql stable as 'select * from public.v1'; create view v2 as select * from f();

--- function with the type of a column, and of a view
create table t (a int); create view v as select a from t; create function f(v) returns t language sql as 'select row(($1).a)::t'; create function g(t.a%type) returns int language sql as 'select 1';
--- becomes
create table t (a bigint); create view v as select a from t; create function f(v) returns t language sql as 'select row(($1).a)::t'; create function g(t.a%type) returns int language sql as 'select 1';

--- routine becomes another kind of routine with the same arguments
create function f(int) returns int language sql as 'select 1'; create procedure g(int) language sql as 'select 1'; create aggregate h(int) (sfunc = int4pl, stype = int);
--- becomes
create procedure f(int) language sql as 'select 1'; create aggregate g(int) (sfunc = int4pl, stype = int); create function h(int) returns int language sql as 'select 1';

--- window function and support function
create function w() returns bigint language internal window as 'window_row_number';
--- becomes
create function w() returns bigint language internal window immutable as 'window_row_number'; create function w2() returns bigint language internal window as 'window_rank';

--- names of functions, arguments and schemas in capitals
create schema "S p"; create function "S p"."Do It"("Arg 1" int, "select" text default 'q') returns table ("Out" int, "order" text) language sql as 'select 1, ''x''';
--- becomes
create schema "S p"; create function "S p"."Do It"("Arg 1" int, "select" text default 'r') returns table ("Out" int, "order" text) language sql stable as 'select 1, ''x'''; create view "S p"."V" as select "Out", "order" from "S p"."Do It"(1); grant execute on function "S p"."Do It"(int, text) to public;
