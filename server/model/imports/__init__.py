"""What an import is asked for, how a file meets the tables, and what is told of it."""
