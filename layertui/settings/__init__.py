"""What a person wants to keep: the options and keys of config.toml, and what is remembered between two starts."""
