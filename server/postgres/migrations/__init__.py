"""Migrations: proved on scratch databases, applied, and kept on record."""
