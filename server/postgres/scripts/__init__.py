"""Reads SQL scripts that are not ours, statement by statement, and judges each. Runs nothing."""
