"""Which rows a segment is asked for, and how it is to grow."""
