"""The second half of a release's life: from the approval to the shop, and back."""
