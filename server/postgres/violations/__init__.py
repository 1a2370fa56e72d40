"""Finds every row of an import that breaks a rule, and says of it what may be shown."""
