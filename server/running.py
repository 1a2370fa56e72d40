"""Runs a job in a worker thread."""
