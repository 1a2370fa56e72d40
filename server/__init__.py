"""pgferry: the server above, the transactional PostgreSQL core below."""
