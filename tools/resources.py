"""Resources (exports' manifests, schemas) and completions of database, table and export names."""

from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, Completion

from server.errors import FerryError
from tools.gathering import export_names, gather, manifest_text, table_names

MOST = 100
"""Values in one completion, by the protocol."""
_DATABASES = {"database", "source", "target", "main"}


def add_resources(server: MCPServer) -> None:
    """Adds the templates and the completions."""
    add = server.resource
    json = "application/json"
    add("pgferry://exports/{name}/manifest", name="export_manifest", title="Manifest of an export", mime_type=json)(
        export_manifest
    )
    add("pgferry://databases/{name}/schema", name="database_schema", title="Schema of a database", mime_type=json)(
        database_schema
    )
    server.completion()(complete)


async def export_manifest(name: str) -> str:
    """What an export says of itself: tables, rows, filters, redactions, checksums."""
    try:
        return await gather(lambda services, _call: manifest_text(services, name))
    except FerryError as failure:
        raise MCPError(code=INVALID_PARAMS, message=str(failure)) from None


async def database_schema(name: str) -> str:
    """The first page of inspect_schema."""
    from server.jobs.inspect_schema import inspect_schema

    try:
        report = await gather(lambda services, call: inspect_schema(services, call, database=name))
    except FerryError as failure:
        raise MCPError(code=INVALID_PARAMS, message=str(failure)) from None
    return report.model_dump_json(by_alias=True, exclude_none=True)


async def complete(ref: Any, argument: Any, context: Any) -> Completion | None:
    """The names that begin with what is typed; none where a database does not answer."""
    try:
        names = await _names(str(getattr(ref, "uri", "")), argument.name, getattr(context, "arguments", None) or {})
    except FerryError:
        return None
    typed = argument.value.lower()
    found = [name for name in names if name.lower().startswith(typed)]
    return Completion(values=found[:MOST], total=len(found), has_more=len(found) > MOST)


async def _names(uri: str, argument: str, given: dict[str, str]) -> list[str]:
    if argument == "export" or uri.startswith("pgferry://exports/"):
        return await gather(lambda services, _call: export_names(services))
    if argument in _DATABASES or uri.startswith("pgferry://databases/"):
        return await gather(lambda services, _call: services.databases.names())
    if argument == "table":
        database = given.get("database")
        return await gather(lambda services, call: table_names(services, call, database or services.current or ""))
    return []
