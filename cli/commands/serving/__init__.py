"""Processes that listen: for WeChat, for programs, for monitors."""
