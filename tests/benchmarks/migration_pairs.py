"""Measures planning on pairs of schemas: `migration_pairs.py CASES [--only REGEX] [--both-ways] [--merge N] [--prove]`.

CASES is a .jsonl file, or a folder of .sql files like `pairs/` beside this. For every pair: both are loaded, a plan is
made from the facts (or by the jobs), carried out on old and judged by pg_dump and by the facts; nothing may be planned
for (new, new); kept tables and columns must be the same objects; rows must survive, their values too where the type
stays; what the pair says deletes data must be told as data_loss.
"""

import argparse
import collections
import itertools
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

sys.path.insert(0, str(Path(__file__).parents[2]))

from server.calls import Call
from server.errors import FerryError
from server.jobs.apply_migration import apply_migration
from server.jobs.plan_migration import plan_migration
from server.model.comparison.difference import Scope, differences
from server.model.migration.dumps import entries, unlike
from server.model.migration.planning import plan
from server.model.migration.steps import Plan
from server.model.schema import Schema
from server.postgres.binaries import clean_environment
from server.postgres.embedded import EmbeddedServer, embedded_server
from server.postgres.populating import drop_database, make_database
from server.postgres.schemas.catalog import read_schema
from server.services import load_services
from tests.fix_databases import memory

_ROLE = re.compile(r"CREATE (ROLE|USER) (?!MAPPING)[^;]*;", re.IGNORECASE)
_numbers = itertools.count(1)
Pair = dict[str, Any]


class Outcome(Exception):
    """How a pair ended, and why."""


def read(url: str) -> Schema:
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SELECT set_config('search_path', '', true)")
        return read_schema(connection, dependencies=True)


def dump(server: EmbeddedServer, name: str) -> str:
    command = [str(server.bin_directory / "pg_dump"), "-s", "--exclude-schema=pgferry", server.url(name)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=clean_environment()).stdout


def major(server: EmbeddedServer) -> int:
    with psycopg.connect(server.url("postgres")) as connection:
        return connection.info.server_version // 10000


def load(url: str, script: str) -> None:
    """Runs a script; its roles are of the whole server, so that the second of a pair finds them there."""
    script = re.sub(r"^\s*--.*$", "", script, flags=re.MULTILINE)
    script = _ROLE.sub(r"DO $r$ BEGIN \g<0> EXCEPTION WHEN duplicate_object THEN NULL; END $r$;", script)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(script.encode())


def apply(url: str, made: Plan) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET check_function_bodies = off")
        connection.execute("SET search_path = public")
        phase = ""
        for step in made.steps:
            if step.phase == "main" and phase != "main":
                connection.execute("BEGIN")
            if step.phase == "after" and phase == "main":
                connection.execute("COMMIT")
            phase = step.phase
            try:
                connection.execute(step.sql.encode())
            except psycopg.Error as error:
                raise Outcome("failed", f"{step.sql}\n      {str(error).splitlines()[0]}") from None
        if phase == "main":
            connection.execute("COMMIT")


def kept(url: str) -> dict[str, tuple[int, ...]]:
    query = """SELECT n.nspname || '.' || c.relname || COALESCE('.' || a.attname, ''), c.oid::int, COALESCE(a.attnum, 0)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attribute a
        ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema)'"""
    with psycopg.connect(url) as connection:
        return {row[0]: row[1:] for row in connection.execute(query.encode())}


def counted(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        query = (
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema)' AND NOT EXISTS (SELECT FROM"
            " pg_inherits AS i JOIN pg_foreign_table AS f ON f.ftrelid = i.inhrelid WHERE i.inhparent = c.oid)"
        )
        tables = connection.execute(query).fetchall()
        count = sql.SQL("SELECT count(*) FROM {}")
        return {f"{s}.{t}": connection.execute(count.format(sql.Identifier(s, t))).fetchall()[0][0] for s, t in tables}


def values(url: str) -> dict[tuple[str, str, str], str]:
    """Of every column of a table, with its type: a hash of what it holds."""
    columns = b"""SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_type t ON t.oid = a.atttypid AND t.typnamespace = 'pg_catalog'::regnamespace
        WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        AND n.nspname !~ '^(pg_|information_schema)' AND NOT EXISTS (SELECT FROM
            pg_inherits AS i JOIN pg_foreign_table AS f ON f.ftrelid = i.inhrelid WHERE i.inhparent = c.oid)"""
    held = sql.SQL("SELECT md5(COALESCE(string_agg(v::text, ',' ORDER BY v::text), '')) FROM {} AS t (v)")
    found: dict[tuple[str, str, str], str] = {}
    with psycopg.connect(url) as connection:
        for schema, table, column, kind in connection.execute(columns).fetchall():
            rows = sql.SQL("(SELECT {} FROM ONLY {})").format(sql.Identifier(column), sql.Identifier(schema, table))
            found[f"{schema}.{table}", column, kind] = connection.execute(held.format(rows)).fetchall()[0][0]
    return found


@dataclass(frozen=True)
class Seen:
    """What a database has whose data must survive: its tables and columns as objects, its rows, their values."""

    kept: dict[str, tuple[int, ...]]
    rows: dict[str, int]
    values: dict[tuple[str, str, str], str]


def seen(url: str) -> Seen:
    return Seen(kept(url), counted(url), values(url))


def judge(server: EmbeddedServer, pair: Pair, show: bool) -> tuple[str, str]:
    number = next(_numbers)
    old, new = f"old_{number}", f"new_{number}"
    made: list[str] = []
    try:
        for name, script in ((old, pair["old"]), (new, pair["new"])):
            make_database(server, name)
            made.append(name)
            load(server.url(name), script)
        if pair.get("seed"):
            load(server.url(old), pair["seed"])
        return compare(server, pair, old, new, show)
    except Outcome as outcome:
        return outcome.args[0], outcome.args[1]
    except psycopg.Error as error:
        return "unloadable", str(error).splitlines()[0]
    finally:
        for name in made:
            unsubscribe(server.url(name))
            drop_database(server, name)


def compare(server: EmbeddedServer, pair: Pair, old: str, new: str, show: bool) -> tuple[str, str]:
    """Plans old to new, carries that out on old, and judges: equal by both, nothing made again, nothing lost unsaid."""
    target, wanted = read(server.url(new)), dump(server, new)
    empty = plan(target, target)
    if empty.steps:
        return "restless", empty.steps[0].sql
    before = seen(server.url(old))
    proved = pair.get("prove")
    statements, hazards = prove(server, old, new, show=show) if proved else carry_out(server, old, target, show=show)
    if statements and pair.get("expect_empty"):
        return "restless", statements[0]
    result, dumped = read(server.url(old)), dump(server, old)
    left = [str((d.identity, d.change, d.attribute, d.before, d.after)) for d in differences(result, target, Scope())]
    left += [str(each) for each in {*result.not_covered} ^ {*target.not_covered}]
    other = unlike(dumped, wanted)
    if left or other:
        if show:
            for entry in (entries(dumped) - entries(wanted)) + (entries(wanted) - entries(dumped)):
                print("   ", entry)
        return ("silent" if not statements else "wrong"), "; ".join([*left, *other])[:600]
    if "DeletesData" in pair.get("hazards", ()) and "data_loss" not in hazards and any(map(_DROPS.search, statements)):
        return "hazard missed", "DeletesData"
    return survived(before, seen(server.url(old)), statements) or ("equal", "")


def carry_out(server: EmbeddedServer, old: str, target: Schema, *, show: bool) -> tuple[list[str], set[str]]:
    """Plans from the facts alone and runs the statements; Outcome: what is not planned, what fails."""
    source = read(server.url(old))
    started = time.perf_counter()
    made = plan(source, target)
    if show:
        for step in made.steps:
            print(f"  [{step.phase}] {step.sql};  -- {step.reason} {sorted(step.hazards)}")
        print(f"  planned in {time.perf_counter() - started:.3f} s")
    apply(server.url(old), made)
    if made.not_planned and differences(read(server.url(old)), target, Scope()):
        raise Outcome("refused", "; ".join(f"{each.identity}: {each.reason}" for each in made.not_planned))
    unknown = {*source.not_covered} ^ {*target.not_covered}
    if unknown:
        raise Outcome("refused", str(unknown)[:200])
    return [step.sql for step in made.steps], {hazard for step in made.steps for hazard in step.hazards}


def prove(server: EmbeddedServer, old: str, new: str, *, show: bool) -> tuple[list[str], set[str]]:
    """By the jobs: plan_migration, whose file apply_migration then runs; Outcome: what they refuse, and why."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [f"[databases.{name}]\nurl = '{server.url(name)}'\naccess = 'write'\n" for name in (old, new)]
        lines.append(f"[postgres]\nbin_directory = '{server.bin_directory}'\n")
        (Path(folder) / "pgferry.toml").write_text("".join(lines))
        services = load_services({}, Path(folder))
        try:
            report = plan_migration(services, Call(), source=old, target=new, save_as="pair", allow_data_loss=True)
            if not report.verified:
                raise Outcome("refused", "; ".join(report.differences_left))
            if report.path:
                apply_migration(services, Call(), database=old, path=report.path, person_agreed=True)
        except FerryError as failure:
            raise Outcome("refused", f"{failure} {failure.next or ''}") from None
    if show:
        for each in report.statements:
            print(f"  {each.sql};  -- {each.reason} {each.hazards} {each.lock}")
    return [each.sql for each in report.statements], {h for each in report.statements for h in each.hazards}


def survived(before: Seen, after: Seen, statements: list[str]) -> tuple[str, str] | None:
    """What became another object, other values, or fewer rows; None where all that stays is what it was."""
    moved = [found[1].replace('"', "") for each in statements if (found := _ASIDE.match(each))]
    remade = [name for name in before.kept if name in after.kept and before.kept[name] != after.kept[name]]
    remade = [name for name in remade if not any(name == each or name.startswith(f"{each}.") for each in moved)]
    if remade:
        return "remade", ", ".join(remade)
    parted = any("PARTITION" in each for each in statements)  # rows go to where they belong now
    others = [k for k, hashed in before.values.items() if not parted and after.values.get(k, hashed) != hashed]
    if others:
        return "other values", ", ".join(".".join(key[:2]) for key in others)
    lost = [name for name, count in after.rows.items() if before.rows.get(name, 0) > count]
    whole = (
        sum(before.rows[n] for n in {k[0] for k in before.values}),
        sum(after.rows[n] for n in {k[0] for k in after.values}),
    )
    if lost and whole[1] < whole[0]:  # not merely detached
        return "lost rows", ", ".join(lost)
    return None


_DROPS = re.compile(r"^DROP (TABLE|SEQUENCE|SCHEMA)| DROP COLUMN ")  # a partition may be attached instead of made again
_ASIDE = re.compile(r"ALTER TABLE (\S+) RENAME TO \S+__before_migration")


def unsubscribe(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        query = (
            "SELECT subname FROM pg_subscription JOIN pg_database AS d ON d.oid = subdbid"
            " WHERE datname = current_database()"
        )
        for (name,) in connection.execute(query).fetchall():
            for act in (
                "ALTER SUBSCRIPTION {} DISABLE",
                "ALTER SUBSCRIPTION {} SET (slot_name = NONE)",
                "DROP SUBSCRIPTION {}",
            ):
                connection.execute(sql.SQL(act).format(sql.Identifier(name)))


def roles(server: EmbeddedServer, pairs: list[Pair]) -> None:
    named = {role for pair in pairs for role in pair.get("roles", ())}
    named |= {
        role for pair in pairs for role in re.findall(r"\br_(?:role|grantee|owner)\w*", pair["old"] + pair["new"])
    }
    for role in sorted(named):
        load(
            server.url("postgres"),
            f'DO $$ BEGIN CREATE ROLE "{role}"; EXCEPTION WHEN duplicate_object THEN NULL; END $$',
        )


_SECTION = re.compile(r"^--- (.*)$", re.MULTILINE)


def read_pairs(cases: Path, *, both_ways: bool) -> Iterator[Pair]:
    if cases.is_dir():
        found = [pair for path in sorted(cases.glob("*.sql")) for pair in written_pairs(path)]
    else:
        found = [json.loads(line) for line in cases.read_text().splitlines()]
    for pair in found:
        yield pair
        if both_ways:
            yield {**_shared(pair), "name": f"{pair['name']} (back)", "old": pair["new"], "new": pair["old"]}


def _shared(pair: Pair) -> Pair:
    """What is said of a pair whichever way it is read."""
    return {name: pair[name] for name in ("suite", "min_version", "roles") if name in pair}


def written_pairs(path: Path) -> Iterator[Pair]:
    """`--- NAME`, the old schema, `--- becomes`, the new one, and perhaps `--- rows`, which load into the old.

    Of a file whose name ends in `_since_N`, for PostgreSQL N and later.
    """
    parts = _SECTION.split(path.read_text())[1:]
    pair: Pair = {}
    for title, text in zip(parts[::2], parts[1::2], strict=True):
        if title in ("becomes", "rows"):
            pair["new" if title == "becomes" else "seed"] = text
            continue
        if pair:
            yield pair
        pair = {"suite": path.stem, "name": title, "old": text, "min_version": path.stem.partition("_since_")[2] or 0}
    yield pair


_OF_THE_DATABASE = re.compile(
    r"\b(schema|public\.|role|publication|extension|event trigger|server|default privileges|cast \(|subscription)\b"
    r"|create operator|current_schema|'public",
    re.IGNORECASE,
)


def merged(pairs: list[Pair], size: int, seed: int) -> Iterator[Pair]:
    """Pairs side by side in one database, `size` at a time, each in a schema of its own: whose order is mixed then."""
    fit = [pair for pair in pairs if not _OF_THE_DATABASE.search(pair["old"] + pair["new"] + pair.get("seed", ""))]
    random.Random(seed).shuffle(fit)
    for start in range(0, len(fit), size):
        group = fit[start : start + size]
        yield {
            "suite": "merged",
            "name": " + ".join(pair["name"] for pair in group),
            **{side: _side_by_side(group, side) for side in ("old", "new", "seed")},
        }


def _side_by_side(group: list[Pair], side: str) -> str:
    heads = (f"CREATE SCHEMA IF NOT EXISTS m{number}; SET search_path = m{number};" for number in range(len(group)))
    return "\n".join(f"{head}\n{pair.get(side, '')};" for head, pair in zip(heads, group, strict=True))


def run(arguments: argparse.Namespace) -> Iterator[tuple[Pair, str, str]]:
    pairs = list(read_pairs(Path(arguments.cases), both_ways=arguments.both_ways))
    for pair in pairs:
        pair["prove"] = arguments.prove
    if arguments.merge:
        pairs = list(merged(pairs, arguments.merge, arguments.seed))
    every = pairs
    pairs = [p for p in pairs if re.search(arguments.only or "", f"{p['suite']}/{p['name']}")]
    pairs = pairs[arguments.start :: arguments.every]
    binaries = Path(arguments.bin) if arguments.bin else None
    with embedded_server(inside=memory(), bin_directory=binaries) as server:
        pairs = [p for p in pairs if int(p.get("min_version", 0)) <= major(server)]
        roles(server, every)
        alone = [p for p in pairs if re.search(r"ROLE|SUBSCRIPTION", p["old"] + p["new"], re.IGNORECASE)]
        together = [p for p in pairs if p not in alone]
        with ThreadPoolExecutor(arguments.workers) as pool:
            for pair, (outcome, why) in zip(
                together, pool.map(partial(judge, server, show=arguments.show), together), strict=True
            ):
                yield pair, outcome, why
        for pair in alone:
            yield pair, *judge(server, pair, arguments.show)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cases")
    parser.add_argument("--only")
    parser.add_argument("--prove", action="store_true", help="By the jobs plan_migration and apply_migration.")
    parser.add_argument("--both-ways", action="store_true", help="Every pair also from new to old.")
    parser.add_argument("--merge", type=int, help="So many at a time in one database, each in its own schema.")
    parser.add_argument("--seed", type=int, default=1, help="With --merge: for another mixture.")
    parser.add_argument("--every", type=int, default=1, help="Only every Nth pair.")
    parser.add_argument("--start", type=int, default=0, help="With --every: which of them, so that a run has parts.")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--bin", default="/usr/lib/postgresql/15/bin")
    parser.add_argument("--workers", type=int, default=3)
    arguments = parser.parse_args()
    table: collections.Counter[str] = collections.Counter()
    for pair, outcome, why in run(arguments):
        table[outcome] += 1
        if outcome != "equal":
            print(f"{outcome}: {pair['suite']}/{pair['name']}\n      {why}", flush=True)
    total = sum(table.values())
    for outcome, count in table.most_common():
        print(f"{outcome:14} {count:4} {100 * count / max(total, 1):5.1f} %")


if __name__ == "__main__":
    main()
