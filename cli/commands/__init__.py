"""What an operator types: one file for each group of commands."""
