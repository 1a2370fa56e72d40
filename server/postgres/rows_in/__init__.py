"""Rows into tables: by COPY and set-wise INSERTs, or staged as they stand in a file."""
