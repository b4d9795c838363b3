"""Commands for what is sent to others than WeChat."""
