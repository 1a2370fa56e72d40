"""All tools in reading order with their hints; the one place where a failure becomes a ToolError.

Tools are built lazily-imported: importing this module imports no job, no psycopg, no sqlglot.
"""

import functools
import inspect
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NamedTuple, cast

from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, ValidationError

from server.errors import FerryError
from tools.apply_migration import apply_migration
from tools.check_import import check_import
from tools.clone_database import clone_database
from tools.compare_data import compare_data
from tools.compare_schemas import compare_schemas
from tools.drop_database import drop_database
from tools.explain_query import explain_query
from tools.export_database import export_database
from tools.export_segment import export_segment
from tools.import_data import import_data
from tools.inspect_schema import inspect_schema
from tools.list_databases import list_databases
from tools.migration_status import migration_status
from tools.plan_migration import plan_migration
from tools.query_database import query_database
from tools.teaching import admitted, taught


class Entry(NamedTuple):
    """A tool and its hints. `writes`: changes a database; `destructive`: may delete or overwrite rows or schema."""

    function: Callable[..., Awaitable[BaseModel]]
    title: str
    hint: str
    """Words that a client's tool search should find it by."""
    read_only: bool = True
    destructive: bool = False
    idempotent: bool = True


CATALOGUE: tuple[Entry, ...] = (
    Entry(list_databases, "List databases", "postgres databases worktrees connections status"),
    Entry(inspect_schema, "Inspect a schema", "tables columns keys indexes views types describe schema"),
    Entry(
        export_database,
        "Export a database",
        "dump backup save rows to file json csv sql",
        read_only=False,  # it writes a file
        idempotent=False,
    ),
    Entry(
        export_segment,
        "Export a segment",
        "subset filter tenant customer recent rows related referential sample debug export",
        read_only=False,
        idempotent=False,
    ),
    Entry(
        check_import,
        "Rehearse an import",
        "validate check dump csv json file before loading dry run",
        read_only=False,
        idempotent=True,
    ),
    Entry(
        import_data,
        "Import data",
        "load restore dump csv json file into postgres database",
        read_only=False,
        destructive=True,
        idempotent=False,
    ),
    Entry(compare_schemas, "Compare schemas", "diff schema drift between databases worktrees branches migrations"),
    Entry(
        plan_migration,
        "Plan a migration",
        "generate alter table sql schema migration between databases worktrees verified",
        read_only=False,  # with save_as it writes a file
        idempotent=False,
    ),
    Entry(
        apply_migration,
        "Apply a migration",
        "run migrate schema change alter table",
        read_only=False,
        destructive=True,
        idempotent=False,
    ),
    Entry(migration_status, "Migration status", "pending applied migrations per database"),
    Entry(query_database, "Query a database", "postgres sql select read-only rows"),
    Entry(explain_query, "Explain a query", "postgres slow query plan performance index analyze"),
    Entry(compare_data, "Compare data", "postgres diff rows between databases worktrees"),
)
ADMIN: tuple[Entry, ...] = (
    Entry(clone_database, "Clone a database", "postgres copy database worktree", read_only=False, idempotent=False),
    Entry(
        drop_database, "Drop a clone", "postgres remove database", read_only=False, destructive=True, idempotent=False
    ),
)
"""Tools that only an agent whose settings grant `access = "admin"` somewhere is shown."""


class FerryTool(Tool):
    """A tool whose bad arguments are answered in one teaching line, and its own mistakes as such."""

    async def run(self, arguments: dict[str, Any], context: Any, convert_result: bool = False) -> Any:
        try:
            return await super().run(arguments, context, convert_result)
        except UnexpectedToolError as error:
            raise ToolError(admitted(self.name, error.__cause__)) from None
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(taught(self.name, self.parameters, error.__cause__)) from None
            raise


def build_tools(*, admin: bool = False) -> list[Tool]:
    """Every tool of the catalogue, ready for the server."""
    return [_build(entry) for entry in CATALOGUE + (ADMIN if admin else ())]


def _build(entry: Entry) -> Tool:
    tool = FerryTool.from_function(
        _answering(entry.function),
        title=entry.title,
        description=inspect.cleandoc(entry.function.__doc__ or ""),
        annotations=ToolAnnotations(
            title=entry.title,
            read_only_hint=entry.read_only,
            destructive_hint=entry.destructive,
            idempotent_hint=entry.idempotent,
            open_world_hint=False,
        ),
        meta={"anthropic/searchHint": entry.hint},
        structured_output=True,
    )
    model = tool.fn_metadata.arg_model
    model.model_config["extra"] = "forbid"
    model.model_rebuild(force=True)
    tool.parameters = _terse(model.model_json_schema(by_alias=True))
    return tool


def _terse(schema: Any) -> Any:
    """The schema without the titles that pydantic makes out of names: they cost tokens and say nothing."""
    if isinstance(schema, dict):
        parts = cast(dict[str, Any], schema)
        kept = {key: part for key, part in parts.items() if key != "title"}
        return {key: _properties(part) if key == "properties" else _terse(part) for key, part in kept.items()}
    return [_terse(item) for item in cast(list[Any], schema)] if isinstance(schema, list) else schema


def _properties(properties: dict[str, Any]) -> Any:
    return {name: _terse(schema) for name, schema in properties.items()}


def _answering(function: Callable[..., Awaitable[BaseModel]]) -> Callable[..., Awaitable[CallToolResult]]:
    """The tool as the SDK wants it: structured content, the equal compact text, failures as ToolErrors."""

    @functools.wraps(function)
    async def answer(**arguments: Any) -> CallToolResult:
        try:
            report = await function(**arguments)
        except FerryError as failure:
            raise ToolError(as_text(failure)) from None
        content = report.model_dump(mode="json", by_alias=True)
        return CallToolResult(content=[TextContent(type="text", text=compact(content))], structured_content=content)

    signature = inspect.signature(function, eval_str=True)
    model = signature.return_annotation
    answer.__signature__ = signature.replace(return_annotation=Annotated[CallToolResult, model])  # pyright: ignore[reportAttributeAccessIssue]  functools.wraps types it as a plain wrapper
    return answer


LONGEST = 2_000
"""Characters of a failure's words, which quote what the caller wrote. Its details are bounded where they are made."""


def as_text(failure: FerryError) -> str:
    """A failure as the model reads it: code, what, state, next, and the details as compact JSON."""
    details = {key: value for key, value in failure.details.items() if value}
    said = str(failure)
    if len(said) > LONGEST:
        said = f"{said[: LONGEST // 2]} … {said[-LONGEST // 2 :]}"
    return f"{said} {compact(details)}" if details else said


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
