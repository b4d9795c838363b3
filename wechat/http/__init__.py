"""HTTP to WeChat: one call, its deadline, its pace, and what counts as an answer."""
