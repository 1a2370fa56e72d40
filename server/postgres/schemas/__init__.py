"""Schemas out of a database's catalogs, as facts and as digests."""
