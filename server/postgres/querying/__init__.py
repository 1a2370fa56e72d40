"""Runs a caller's SQL in a cage: judged before it runs, read only whatever it says, secrets hidden in its results."""
