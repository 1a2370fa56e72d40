"""Rows out of tables, as bytes: which rows, in which shape, over how many connections."""
