"""Grows a segment to its closure: what filters match, what refers to that, and what all of it refers to."""
