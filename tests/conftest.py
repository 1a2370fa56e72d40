"""Names the fixtures; each family has a file of its own."""

pytest_plugins = [
    "tests.fix_client",
    "tests.fix_databases",
    "tests.fix_services",
    "tests.fix_demo",
    "tests.fix_exports",
    "tests.fix_imports",
    "tests.fix_inspection",
    "tests.fix_segments",
]
