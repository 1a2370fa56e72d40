"""What differs between two schemas or two tables, and what that means."""
