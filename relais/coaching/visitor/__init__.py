"""The person's own page: no account, no name."""
