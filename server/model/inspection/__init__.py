"""Schemas as agents read them: short lines, pages, overviews."""
