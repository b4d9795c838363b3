"""How many workers, how much Redis and which quotas a platform needs."""
