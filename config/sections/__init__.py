"""Sections of the settings that have a file of their own."""
