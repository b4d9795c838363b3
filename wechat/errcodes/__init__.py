"""What each errcode means for a release: one table, a row per errcode."""
