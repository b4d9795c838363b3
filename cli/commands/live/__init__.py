"""Commands for a release's second half, and for what a Mini Program shows its users."""
