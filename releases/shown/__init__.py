"""Releases and Mini Programs as people are shown them, by commands and by the page alike."""
