"""Notices: people are told, by robots of their groups, of what has changed and of what waits for them."""
