"""The bodies that a release has sent to WeChat, or will: they follow from its record and the settings."""

from __future__ import annotations

from typing import Any

from releases.record import Release
from wechat.domains import WEB_VIEW, Domains
from wechat.mini_program import PATHS, commit_body


def bodies(release: Release, wanted: Domains) -> list[tuple[str, dict[str, Any]]]:
    """Path and body of each call that changes something, in their order; of the domains those that are missing are sent."""
    lists = wanted.as_dict() if release.domains is None else release.domains
    server = {name: domains for name, domains in lists.items() if name != WEB_VIEW and domains}
    web_view = lists.get(WEB_VIEW)
    commit = commit_body(release.template_id, release.ext, release.user_version, release.user_desc)
    return [
        *([(PATHS["modify_domain"], {"action": "add", **server})] if server else []),
        *([(PATHS["setwebviewdomain"], {"action": "add", WEB_VIEW: web_view})] if web_view else []),
        (PATHS["commit"], commit),
        (PATHS["submit_audit"], release.audit),
        (PATHS["release"], {}),
    ]
