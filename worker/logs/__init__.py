"""A worker's log lines: how they look, where they go, and no secret in them."""
