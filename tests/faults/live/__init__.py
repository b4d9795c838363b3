"""The second half of a wave: from the audit's result to the shop, and back."""
