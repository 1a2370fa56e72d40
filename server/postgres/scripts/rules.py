"""What a SQL script may contain: an allow-list by node of PostgreSQL's own grammar; anything unknown is refused.

The rules follow what pg_dump 12 to 18 writes. They guard the import, not the server: the role's rights do that.
"""

from collections.abc import Callable
from typing import Any

from server.model.imports.script_policy import ScriptPolicy
from server.postgres.grammar import Parsed, constant_of, enum_of, name_of, walk
from server.postgres.scripts.settings import set_statement, setting
from server.postgres.scripts.verdicts import NotAllowed, Verdict

Judge = Callable[[Any, ScriptPolicy], Verdict]

_PLAIN_SCHEMA = frozenset({
    "create_seq_stmt", "alter_seq_stmt", "create_enum_stmt", "alter_enum_stmt", "create_domain_stmt",
    "alter_domain_stmt", "composite_type_stmt", "create_range_stmt", "create_stmt", "view_stmt", "rule_stmt",
    "create_trig_stmt", "create_policy_stmt", "alter_policy_stmt", "create_stats_stmt", "alter_stats_stmt",
    "create_cast_stmt", "create_op_class_stmt", "create_op_family_stmt", "alter_op_family_stmt",
    "alter_operator_stmt", "alter_function_stmt", "alter_tsconfiguration_stmt", "rename_stmt",
    "alter_object_schema_stmt", "create_publication_stmt", "alter_publication_stmt", "alter_collation_stmt",
    "alter_tsdictionary_stmt",
})  # fmt: skip
_DEFINED = {"OBJECT_AGGREGATE", "OBJECT_OPERATOR", "OBJECT_COLLATION", "OBJECT_TSCONFIGURATION", "OBJECT_TSDICTIONARY"}
_CLUSTER_OBJECTS = {"OBJECT_DATABASE", "OBJECT_ROLE", "OBJECT_TABLESPACE", "OBJECT_SUBSCRIPTION"}
_LIFTED_OBJECTS = {
    "OBJECT_FDW": ("foreign_data", "FOREIGN DATA WRAPPER"),
    "OBJECT_FOREIGN_SERVER": ("foreign_data", "SERVER"),
    "OBJECT_EVENT_TRIGGER": ("event_trigger", "EVENT TRIGGER"),
}
"""Kinds of objects that scripts touch only where settings lift the code."""


def _liftable(code: str, what: str) -> tuple[str, str, str]:
    """What a dump may well need: refused with the words of how a person allows it."""
    return code, what, f"Leave it out; or a person adds {code} to allow_statements under [imports] in pgferry.toml"


_FORBIDDEN = {
    "transaction_stmt": ("transaction", "BEGIN, COMMIT and ROLLBACK would break out of the import's one transaction"),
    "createdb_stmt": ("database_command", "CREATE DATABASE", "Dump without --create, or import into the database"),
    "dropdb_stmt": ("database_command", "DROP DATABASE", "Dump without --create and --clean"),
    "alter_database_stmt": ("database_command", "ALTER DATABASE", "Dump without --create"),
    "alter_database_set_stmt": ("database_command", "ALTER DATABASE … SET", "Dump without --create"),
    "create_role_stmt": ("role_change", "roles are changed"),
    "alter_role_stmt": ("role_change", "roles are changed"),
    "alter_role_set_stmt": ("role_change", "roles are changed"),
    "drop_role_stmt": ("role_change", "roles are changed"),
    "grant_role_stmt": ("role_change", "roles are changed"),
    "reassign_owned_stmt": ("role_change", "REASSIGN OWNED"),
    "drop_owned_stmt": ("role_change", "DROP OWNED"),
    "alter_system_stmt": ("alter_system", "ALTER SYSTEM"),
    "load_stmt": ("load", "LOAD of a library"),
    "do_stmt": _liftable("do_block", "a DO block"),
    "call_stmt": ("unknown_statement", "CALL"),
    "create_fdw_stmt": _liftable("foreign_data", "foreign data wrappers, servers and tables"),
    "create_foreign_server_stmt": _liftable("foreign_data", "foreign data wrappers, servers and tables"),
    "create_foreign_table_stmt": _liftable("foreign_data", "foreign data wrappers, servers and tables"),
    "create_user_mapping_stmt": _liftable("foreign_data", "user mappings"),
    "create_subscription_stmt": ("subscription", "a subscription reaches out to another server"),
    "create_event_trig_stmt": _liftable("event_trigger", "an event trigger"),
    "alter_event_trig_stmt": _liftable("event_trigger", "an event trigger"),
    "sec_label_stmt": _liftable("security_label", "a security label"),
}
_PASSED_OVER = frozenset({
    "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt", "truncate_stmt", "lock_stmt",
    "vacuum_stmt", "cluster_stmt",
})  # fmt: skip
"""What leaves the schema as it is: not run where nothing else is wanted of a script."""
_BODY_STATEMENTS = frozenset({
    "SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "ReturnStmt",
})  # fmt: skip
# Functions that reach files, other servers or other sessions: refused wherever they stand.
_REACHING = frozenset({
    "pg_read_file", "pg_read_binary_file", "pg_ls_dir", "pg_stat_file", "lo_import", "lo_export", "lo_create",
    "lo_put", "lo_from_bytea", "pg_file_write", "pg_file_read", "pg_file_rename", "pg_file_unlink", "pg_sleep",
    "dblink", "dblink_exec", "dblink_connect", "dblink_connect_u", "dblink_send_query", "dblink_open",
    "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "cursor_to_xml", "pg_terminate_backend",
    "pg_cancel_backend", "pg_reload_conf", "pg_rotate_logfile", "pg_promote", "pg_switch_wal", "pg_backup_start",
    "pg_create_restore_point", "pg_logical_emit_message", "pg_replication_origin_create", "set_config",
    "pg_ls_logdir", "pg_ls_waldir", "pg_ls_tmpdir", "pg_ls_archive_statusdir", "pg_export_snapshot",
    "pg_advisory_lock", "pg_notify", "pg_drop_replication_slot", "pg_create_logical_replication_slot",
    "pg_create_physical_replication_slot", "pg_read_server_files", "pg_execute_server_program", "txid_current",
})  # fmt: skip
_CONSTANT_NODES = frozenset({
    "InsertStmt", "RangeVar", "ResTarget", "SelectStmt", "List", "A_Const", "A_ArrayExpr", "ArrayExpr", "TypeCast",
    "TypeName", "String", "Integer", "Float", "Boolean", "BitString", "RowExpr", "SetToDefault", "OnConflictClause",
    "AArrayExpr", "AConst", "A_Expr",
})  # fmt: skip


def judge(parsed: Parsed, policy: ScriptPolicy) -> Verdict:
    """The verdict on one statement, or NotAllowed."""
    if policy.migrating and (parsed.kind in _PASSED_OVER or _frames_transaction(parsed)):
        return Verdict("ignored")
    special = _SPECIAL.get(parsed.kind)
    if special:
        return special(parsed.node, policy)
    if parsed.kind in _PLAIN_SCHEMA:
        return _schema(parsed.node)
    known = _FORBIDDEN.get(parsed.kind)
    if known:
        if known[0] in policy.also_allow and known[0] != "transaction":  # all or nothing is not for settings to lift
            return _schema(parsed.node)
        raise NotAllowed(*known)
    shown = parsed.kind.removesuffix("_stmt").replace("_", " ").upper()
    raise NotAllowed("unknown_statement", f"{shown} is not among the statements that a dump needs")


def _ask_settings(code: str, what: str, policy: ScriptPolicy) -> None:
    if code not in policy.also_allow:
        raise NotAllowed(*_liftable(code, what))


def _frames_transaction(parsed: Parsed) -> bool:
    """BEGIN and COMMIT; a ROLLBACK would make all before it nothing."""
    whole = ("TRANS_STMT_BEGIN", "TRANS_STMT_START", "TRANS_STMT_COMMIT")
    return parsed.kind == "transaction_stmt" and enum_of(parsed.node, "kind") in whole


def _schema(node: Any, target: tuple[str, ...] = ()) -> Verdict:
    for kind, part in walk(node):
        if kind == "FuncCall" and name_of(part.funcname)[-1] in _REACHING:
            raise NotAllowed("reaching_function", f"a call of {name_of(part.funcname)[-1]}()")
    relation = getattr(node, "relation", None)
    if not target and relation is not None and getattr(relation, "relname", ""):
        target = _relation(relation)
    return Verdict("schema", target)


def _relation(relation: Any) -> tuple[str, ...]:
    if relation.catalogname:
        raise NotAllowed("other_database", "a name that includes a database")
    return (relation.schemaname, relation.relname) if relation.schemaname else (relation.relname,)


def _copy(node: Any, _policy: ScriptPolicy) -> Verdict:
    if node.is_program:
        raise NotAllowed("copy_program", "COPY … PROGRAM runs a command on the server")
    if node.filename:
        raise NotAllowed("copy_server_file", "COPY with a file of the server")
    if not node.is_from or not node.relation.relname:
        raise NotAllowed("copy_out", "COPY … TO writes rows out")
    if node.HasField("where_clause"):
        raise NotAllowed("copy_option", "COPY … WHERE")
    options: dict[str, str] = {}
    for option in node.options:
        element = option.def_elem
        value = str(element.arg.string.sval) if element.HasField("arg") else "true"
        if element.defname not in {"format", "delimiter", "null", "quote", "escape", "header", "freeze"}:
            raise NotAllowed("copy_option", f"COPY with the option {element.defname}")
        options[str(element.defname)] = value
    if options.get("format", "text") not in {"text", "csv"}:
        raise NotAllowed("copy_option", "COPY data that are neither text nor csv")
    return Verdict("copy", _relation(node.relation), name_of(node.attlist), options=tuple(options.items()))


def reads_stdin(parsed: Parsed) -> bool:
    """Whether rows follow the statement, be it allowed or not."""
    node = parsed.node
    return parsed.kind == "copy_stmt" and node.is_from and not node.is_program and not node.filename


def _insert(node: Any, _policy: ScriptPolicy) -> Verdict:
    if (
        not node.HasField("select_stmt")
        and not node.HasField("with_clause")
        and not node.HasField("on_conflict_clause")
    ):
        return Verdict("rows", _relation(node.relation), defaults=True)
    if enum_of(node, "override") == "OVERRIDING_USER_VALUE":
        raise NotAllowed(
            "insert_not_constant", "INSERT … OVERRIDING USER VALUE, which keeps other values than it gives"
        )
    if any(column.res_target.indirection for column in node.cols):
        raise NotAllowed("insert_not_constant", "INSERT into a part of a column")
    select = node.select_stmt.select_stmt
    if not node.HasField("select_stmt") or not select.values_lists or node.HasField("with_clause"):
        raise NotAllowed("insert_not_constant", "INSERT with anything but rows of constants")
    for kind, _ in walk(node):
        if kind not in _CONSTANT_NODES:
            raise NotAllowed("insert_not_constant", "INSERT with anything but rows of constants")
    if node.HasField("on_conflict_clause") and enum_of(node.on_conflict_clause, "action") != "ONCONFLICT_NOTHING":
        raise NotAllowed("insert_not_constant", "INSERT … ON CONFLICT DO UPDATE")
    columns = tuple(str(column.res_target.name) for column in node.cols)
    return Verdict("rows", _relation(node.relation), columns)


def _select(node: Any, _policy: ScriptPolicy) -> Verdict:
    name, arguments = _only_call(node)
    if name == "setval" and len(arguments) in (2, 3) and None not in arguments:
        return Verdict("sequence", (str(arguments[0]),), value=",".join(str(a) for a in arguments[1:]))
    if name == "set_config" and len(arguments) == 3:
        return setting(str(arguments[0]), arguments[1] or "")
    if name in {"pg_restore_relation_stats", "pg_restore_attribute_stats"}:
        return Verdict("statistics")
    if name.startswith("lo_"):
        raise NotAllowed("large_objects", "large objects", "Dump with --no-large-objects (--no-blobs before 16)")
    raise NotAllowed("select", "SELECT of anything but setval() and set_config() with constants")


def _only_call(node: Any) -> tuple[str, list[str | None]]:
    """Name and constant arguments of `SELECT [* FROM] pg_catalog.function(constants)`; "" where it is anything else."""
    allowed = {"SelectStmt", "ResTarget", "FuncCall", "A_Const", "String", "Integer", "Float", "Boolean", "TypeCast",
               "TypeName", "RangeFunction", "List", "ColumnRef", "A_Star", "ParamRef", "A_ArrayExpr", "NamedArgExpr",
               "AStar", "AConst"}  # fmt: skip
    calls = [part for kind, part in walk(node) if kind == "FuncCall"]
    if len(calls) != 1 or any(kind not in allowed for kind, _ in walk(node)):
        return "", []
    name = name_of(calls[0].funcname)
    if name[:-1] not in ((), ("pg_catalog",)):
        return "", []
    return name[-1], [constant_of(argument) for argument in calls[0].args]


def _create_function(node: Any, policy: ScriptPolicy) -> Verdict:
    language = "sql"
    for option in node.options:
        if option.def_elem.defname == "language":
            language = str(option.def_elem.arg.string.sval).lower()
    if language not in policy.languages:
        raise NotAllowed("untrusted_language", f"a function in language {language}")
    for kind, _ in walk(node.sql_body):
        if kind.endswith("Stmt") and kind not in _BODY_STATEMENTS:
            raise NotAllowed("hidden_statement", "a function body with a command that is no query")
    return _schema(node)


def _create_extension(node: Any, policy: ScriptPolicy) -> Verdict:
    if node.extname not in policy.extensions:
        raise NotAllowed(
            "extension_not_allowed",
            f"CREATE EXTENSION {node.extname}",
            "Add it to extensions under [imports] in pgferry.toml",
        )
    return Verdict("extension", (str(node.extname),))


def _create_language(node: Any, policy: ScriptPolicy) -> Verdict:
    if node.plname not in policy.languages:
        raise NotAllowed("untrusted_language", f"CREATE LANGUAGE {node.plname}")
    return Verdict("extension", (str(node.plname),))


def _create_schema(node: Any, _policy: ScriptPolicy) -> Verdict:
    if node.schema_elts:
        raise NotAllowed("unknown_statement", "CREATE SCHEMA with statements inside")
    return _schema(node, (str(node.schemaname),))


def _create_table_as(node: Any, _policy: ScriptPolicy) -> Verdict:
    if enum_of(node, "objtype") != "OBJECT_MATVIEW":
        raise NotAllowed("unknown_statement", "CREATE TABLE AS")
    return _schema(node, _relation(node.into.rel))


def _define(node: Any, _policy: ScriptPolicy) -> Verdict:
    kind = enum_of(node, "kind")
    if kind in _DEFINED or (kind == "OBJECT_TYPE" and not node.definition):
        return _schema(node)
    raise NotAllowed("unknown_statement", f"CREATE of an {kind.removeprefix('OBJECT_').lower()} built on C functions")


def _index(node: Any, policy: ScriptPolicy) -> Verdict:
    if node.concurrent and not policy.migrating:
        raise NotAllowed("transaction", "CREATE INDEX CONCURRENTLY cannot run in the import's one transaction")
    return _schema(node)


def _alter_table(node: Any, policy: ScriptPolicy) -> Verdict:
    changes = {enum_of(command.alter_table_cmd, "subtype") for command in node.cmds}
    if changes & {"AT_GenericOptions", "AT_AlterColumnGenericOptions"}:
        _ask_settings("foreign_data", "options of a foreign table", policy)
    if "AT_ChangeOwner" in changes:
        if changes == {"AT_ChangeOwner"}:
            return Verdict("owner", _relation(node.relation))
        raise NotAllowed("unknown_statement", "ALTER TABLE that changes the owner and more")
    if changes == {"AT_SetOptions"} and all(_is_noise(command.alter_table_cmd) for command in node.cmds):
        return Verdict("ignored")
    drops = {change for change in changes if change.startswith("AT_Drop")} - {"AT_DropNotNull", "AT_DropExpression"}
    verdict = _schema(node)
    return Verdict("drop", verdict.target) if drops else verdict


def _is_noise(command: Any) -> bool:
    """Whether the command only sets pg_attver, which some minor releases write of themselves and none accepts."""
    return [str(item.def_elem.defname) for item in getattr(command, "def").list.items] == ["pg_attver"]


def _drop(node: Any, policy: ScriptPolicy) -> Verdict:
    kind = enum_of(node, "remove_type")
    if kind in _LIFTED_OBJECTS:
        code, name = _LIFTED_OBJECTS[kind]
        _ask_settings(code, f"DROP {name}", policy)
    if enum_of(node, "behavior") == "DROP_CASCADE" and not policy.migrating:
        raise NotAllowed("drop_cascade", "DROP … CASCADE, which drops more than it names")
    return Verdict("drop")


def _drop_user_mapping(_node: Any, policy: ScriptPolicy) -> Verdict:
    _ask_settings("foreign_data", "DROP USER MAPPING", policy)
    return Verdict("drop")


def _comment(node: Any, policy: ScriptPolicy) -> Verdict:
    kind = enum_of(node, "objtype")
    if kind in _LIFTED_OBJECTS:
        code, name = _LIFTED_OBJECTS[kind]
        _ask_settings(code, f"COMMENT ON {name}", policy)
    if kind in {"OBJECT_EXTENSION", "OBJECT_LANGUAGE"}:
        return Verdict("ignored")
    if kind in _CLUSTER_OBJECTS:
        raise NotAllowed("database_command", f"COMMENT ON {kind.removeprefix('OBJECT_')}", "Dump without --create")
    return _schema(node)


_SPECIAL: dict[str, Judge] = {
    "copy_stmt": _copy,
    "insert_stmt": _insert,
    "select_stmt": _select,
    "variable_set_stmt": set_statement,
    "create_function_stmt": _create_function,
    "create_extension_stmt": _create_extension,
    "create_plang_stmt": _create_language,
    "create_schema_stmt": _create_schema,
    "create_table_as_stmt": _create_table_as,
    "define_stmt": _define,
    "index_stmt": _index,
    "alter_table_stmt": _alter_table,
    "drop_stmt": _drop,
    "drop_user_mapping_stmt": _drop_user_mapping,
    "comment_stmt": _comment,
    "alter_owner_stmt": lambda _node, _policy: Verdict("owner"),
    "grant_stmt": lambda _node, _policy: Verdict("grant"),
    "alter_default_privileges_stmt": lambda _node, _policy: Verdict("grant"),
    "refresh_mat_view_stmt": lambda node, _policy: Verdict("refresh", _relation(node.relation)),
}
