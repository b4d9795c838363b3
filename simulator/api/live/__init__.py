"""What an approved version goes live by, and what is done about a live one."""
