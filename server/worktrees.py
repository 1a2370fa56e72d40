"""git worktrees and their databases."""
