"""The simulated world: platform, Mini Programs, tokens, quotas, time."""
