"""PostgreSQL's version numbers as its servers give them: 180006 is 18.6."""


def major_of(version: int) -> int:
    """`18` of 180006."""
    return version // 10000


def shown(version: int) -> str:
    """`18.6` of 180006."""
    return f"{version // 10000}.{version % 10000}"
