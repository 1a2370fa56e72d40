"""Redaction as SQL: what stands in place of sensitive values, and whether rows still keep the rules of their table."""
