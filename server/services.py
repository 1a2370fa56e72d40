"""The one object that every job reads."""
