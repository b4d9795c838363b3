"""Figures become tables, pictures and documents."""
