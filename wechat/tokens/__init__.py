"""Access tokens, refresh tokens and tickets: stored encrypted, refreshed by one caller at a time."""
