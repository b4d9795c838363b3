"""A request becomes a release."""
