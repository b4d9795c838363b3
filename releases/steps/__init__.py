"""What happens to a release at WeChat: the three steps, and what follows a failure."""
