"""What WeChat pushes to a platform's receiver: how it is encrypted, what it says, and when it is sent."""
