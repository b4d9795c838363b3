"""Properties: whatever comes in, it ends in success or in a clear, typed error. Each module is one way in."""
