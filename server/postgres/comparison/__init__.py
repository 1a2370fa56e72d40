"""Which rows of two tables differ, found by checksums that the servers make."""
