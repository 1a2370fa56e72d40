"""Reads a schema of 2,000 tables against `pg_dump -s` of it, in one run: `python -m tests.benchmarks.schema_reading`.

Wall seconds, the best of some runs each; on a quiet machine the bars are 3 for inspecting and 1 for comparing.
"""

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from server.calls import Call
from server.jobs.compare_schemas import compare_schemas
from server.jobs.inspect_schema import inspect_schema
from server.postgres.binaries import pg_dump
from server.postgres.embedded import EmbeddedServer, embedded_server
from server.postgres.populating import make_database
from server.services import load_services

TABLES = """
do $$ begin for i in 1..2000 loop
  execute format('create table t%s (id bigint generated always as identity primary key, name text not null,
    email varchar(200) unique, created_at timestamptz not null default now(), updated_at timestamptz,
    amount numeric(12,2) default 0 check (amount >= 0), active boolean not null default true, notes text,
    ref bigint %s, tags text[], data jsonb not null default ''{}'', status text, a1 int, a2 int, a3 int)',
    i, case when i > 1 then 'references t' || (i - 1) else '' end);
  execute format('create index on t%s (ref)', i);
  execute format('create index on t%s (created_at, status) where active', i);
  if i % 200 = 0 then commit; end if;
end loop; end $$
"""
RUNS = 4
