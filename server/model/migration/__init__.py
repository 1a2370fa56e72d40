"""From two schemas to the ordered statements that make one the other: values and rules, no database.

`planning.plan` is the entry. What a kind of object needs (create, drop, alter in place) stands in its own module.
"""
