"""The console entry."""
