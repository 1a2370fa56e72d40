"""Settings: pgferry.toml and the environment."""
