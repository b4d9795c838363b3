"""What a command shows and does while it waits: for releases, or for Redis."""
