"""Random schemas as DDL: small, always valid, and of many kinds that hang on each other; for tests by hypothesis."""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

TABLES = ("t", "u", "v", "p", "q")
PARTITIONED = ("p", "q")
COLUMNS = ("a", "b", "c", "d")
DEFAULTS = {
    "int": ("7", "next_one()"),
    "bigint": ("next_one()",),
    "text": ("'x'", "upper('y')"),
    "varchar(20)": ("'x'",),
    "numeric(10,2)": ("1.5",),
    "mood": ("'ok'",),
    "mood[]": ("'{ok}'",),
    "code": ("'q'",),
    "timestamptz": ("now()",),
    "address": (),
    "boolean": ("true",),
}  # fmt: skip


def examples(few: int) -> settings:
    """As many as asked for, the same ones every time; with PGFERRY_TEST_EXAMPLES=N, N others."""
    many = os.environ.get("PGFERRY_TEST_EXAMPLES")
    return settings(
        max_examples=int(many or few),
        derandomize=many is None,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


@st.composite
def schemas(draw: st.DrawFn) -> str:
    """The DDL of a small schema: types, functions, tables that refer to each other, and what hangs on them."""
    lines = [*draw(_types()), *draw(_functions())]
    plain: list[str] = []
    for table in draw(st.lists(st.sampled_from(TABLES), unique=True, max_size=3)):
        partitioned = table in PARTITIONED
        lines += draw(_partitioned(table) if partitioned else _plain(table, plain))
        columns = draw(_columns())
        lines += [f"alter table {table} add {column}" for column in columns.values()]
        lines += draw(_hanging(table, list(columns)))
        if not partitioned and "unlogged" not in "".join(lines):
            plain.append(table)
    return ";\n".join(lines)


def _some(lines: list[str], most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(lines), unique=True, max_size=most)


@st.composite
def _types(draw: st.DrawFn) -> list[str]:
    labels = draw(st.permutations(("sad", "new")))[: draw(st.integers(0, 2))]
    attributes = draw(st.sampled_from(("street text", "street text, zip int", "zip bigint, street text, m mood")))
    base, check = draw(st.sampled_from(("text", "varchar(9)"))), draw(st.sampled_from(("", "q", "r")))
    lines = [
        f"create type mood as enum ({', '.join(repr(label) for label in ('ok', *labels))})",
        f"create type address as ({attributes})",
        f"create domain code as {base}" + (f" check (value in ('{check}', 'q'))" if check else ""),
    ]
    more = [
        "create sequence numbers",
        "create sequence numbers increment 5 maxvalue 900 cycle",
        "comment on type mood is 'how it goes'",
        "comment on domain code is 'short'",
        "alter domain code set not null",
        "revoke usage on type address from public",
        "create schema other; create table other.t (id int primary key, m mood)",
    ]
    chosen = draw(_some(more, 3))
    return lines + [line for line in chosen if line != more[0] or more[1] not in chosen]


@st.composite
def _functions(draw: st.DrawFn) -> list[str]:
    result = draw(st.sampled_from(("int", "bigint")))
    strict = draw(st.sampled_from(("", " strict", " cost 7")))
    argument = draw(st.sampled_from(("x int", "y int", "x int default 3")))
    lines = [
        f"create function next_one() returns {result} language sql as 'select 1'",
        "create function stamp() returns trigger language plpgsql as 'begin return new; end'",
        f"create function twice({argument}) returns {result} language sql immutable{strict} as 'select $1 * 2'",
    ]
    more = [
        "create function mooded(mood) returns mood language sql immutable as 'select $1'",
        "create procedure act(a address) language plpgsql as 'begin end'",
        "create aggregate total(int) (sfunc = int4pl, stype = int)",
        "create function twice(text) returns text language sql immutable as 'select $1'",
        "create function four() returns bigint language sql begin atomic select twice(2); end",
        "comment on function next_one() is 'one'",
        "revoke execute on function stamp() from public",
    ]
    return lines + draw(_some(more, 4))


@st.composite
def _plain(draw: st.DrawFn, table: str, others: list[str]) -> list[str]:
    kind = draw(st.sampled_from(("serial", "bigserial", "int generated always as identity", "bigint", "int")))
    if draw(st.integers(0, 5)) == 0:
        return [f"create unlogged table {table} (id {kind} primary key)"]
    lines = [f"create table {table} (id {kind} primary key)"]
    if others and draw(st.booleans()):
        action = draw(st.sampled_from(("", " on delete cascade", " on update set null deferrable")))
        lines.append(f"alter table {table} add other_id int references {others[0]}{action}")
        if draw(st.booleans()):
            lines.append(f"alter table {others[0]} add back_id int references {table}")
    return lines


@st.composite
def _partitioned(draw: st.DrawFn, table: str) -> list[str]:
    kind = draw(st.sampled_from(("int", "bigint")))
    lines = [
        f"create table {table} (id {kind}, part text not null default 'a', primary key (id, part))"
        " partition by list (part)"
    ]
    more = [
        f"create table {table}_of_a partition of {table} for values in ('a')",
        f"create table {table}_of_b partition of {table} for values in ('b', 'c')",
        f"create table {table}_of_z partition of {table} default",
    ]
    return lines + draw(_some(more, 3))


@st.composite
def _columns(draw: st.DrawFn) -> dict[str, str]:
    """By name: as ADD COLUMN has it."""
    found: dict[str, str] = {}
    for name in draw(st.lists(st.sampled_from(COLUMNS), unique=True)):
        kind = draw(st.sampled_from(sorted(DEFAULTS)))
        words = f"{name} {kind}"
        if kind == "text" and draw(st.booleans()):
            words += ' collate "C"'
        if (choices := DEFAULTS[kind]) and draw(st.booleans()):
            words += f" default {draw(st.sampled_from(choices))}"
        found[name] = words + (" not null" if draw(st.booleans()) else "")
    return found


@st.composite
def _hanging(draw: st.DrawFn, table: str, columns: list[str]) -> list[str]:
    found: list[str] = []
    for column in columns:
        found += draw(_some(_on_column(table, column), 3))
    found += draw(_some(_on_table(table), 5))
    shown = "".join(f", {column}" for column in columns[:2])
    views = [
        f"create view {table}_view as select id{shown} from {table}",
        f"create view {table}_over as select id + 1 as more{shown} from {table}_view",
        f"create materialized view {table}_kept as select * from {table}_over",
        f"create unique index on {table}_kept (more)",
        f"create function {table}_all() returns setof {table}_view language sql as 'select * from public.{table}_view'",
    ]
    return found + views[: draw(st.integers(0, len(views)))]


def _on_column(table: str, column: str) -> list[str]:
    return [
        f"create index on {table} ({column})",
        f"alter table {table} add constraint {column}_there check ({column} is not null)",
        f"comment on column {table}.{column} is 'about {column}'",
        f"create policy {column}_seen on {table} using ({column} is not null)",
        f"create materialized view {table}_{column} as select {column} from {table}",
        f"create trigger {column}_new after update of {column} on {table} for each row execute function stamp()",
        f"create statistics {table}_{column}_s on id, {column} from {table}",
        f"grant select ({column}) on {table} to public",
        f"alter table {table} alter {column} set statistics 50",
        f"create index {table}_{column}_part on {table} (id) where {column} is not null",
        f"alter table {table} add {column}_null boolean generated always as ({column} is null) stored",
    ]


def _on_table(table: str) -> list[str]:
    return [
        f"create trigger g before insert on {table} for each row execute function stamp()",
        f"create trigger h after insert on {table} for each row when (new.id > 5) execute function stamp()",
        f"alter table {table} enable row level security",
        f"create policy own on {table} for select using (twice(id::int) > 0)",
        f"alter table {table} add doubled bigint generated always as (id * 2) stored",
        f"alter table {table} add constraint positive check (id > 0)",
        f"create index {table}_twice on {table} (twice(id::int))",
        f"create function {table}_count() returns bigint language sql begin atomic select count(id) from {table}; end",
        f"create function {table}_row({table}) returns text language sql as 'select 1::text'",
        f"create rule quiet as on delete to {table} where old.id = 1 do instead nothing",
        f"comment on table {table} is 'table {table}'",
        f"grant select, insert on {table} to public",
        f"revoke delete on {table} from current_user",
        f"alter table {table} replica identity full",
        f"alter table {table} add noted timestamptz not null default now()",
    ]
