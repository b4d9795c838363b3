"""Whose a token is: a Mini Program's, by its appid, or the platform's own."""

from __future__ import annotations

COMPONENT = "component"
