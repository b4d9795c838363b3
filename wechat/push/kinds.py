"""The kinds of pushes that mean something to us; all others are answered, counted and forgotten."""

from __future__ import annotations

TICKET = "component_verify_ticket"
#: With an authorization code.
AUTHORIZED = frozenset({"authorized", "updateauthorized"})
UNAUTHORIZED = "unauthorized"
#: Somebody should look at the Mini Program: what it says is never believed by itself.
LOOK = frozenset(
    {
        "weapp_audit_success",
        "weapp_audit_fail",
        "weapp_audit_delay",
        "wxa_privacy_apply",
        "wxa_category_audit",
        "wxa_illegal_record",
        "wxa_appeal_record",
    }
)
#: Known, and of no consequence: they have names of their own in the counts.
NAMED = frozenset({"wxa_nickname_audit", "debug_demo", "text", "image", "user_enter_tempsession"})
OTHER = "other"
ALL = frozenset({TICKET, *AUTHORIZED, UNAUTHORIZED, *LOOK, *NAMED, OTHER})


def counted_as(kind: str) -> str:
    """The name of a kind in the counts, of which there are only so many."""
    return kind if kind in ALL else OTHER
