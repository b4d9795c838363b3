"""The template library as an operator sees it."""

from tests.support.workers import Platform


def test_the_template_library_is_listed_newest_first(platform_without_worker: Platform) -> None:
    platform = platform_without_worker

    listed = platform.documents("templates")
    lines = platform.run("templates").stdout.splitlines()

    ids = [template["template_id"] for template in listed]
    assert ids
    assert ids == sorted(ids, reverse=True)
    assert set(listed[0]) == {"template_id", "user_version", "user_desc", "created_at"}
    assert [int(line.split()[0]) for line in lines] == ids


def test_what_wechat_does_not_tell_is_no_empty_library(own_platform: Platform) -> None:
    own_platform.sim("POST", "platform", {"ip_allowed": False})
    refused = own_platform.run("templates", code=1)
    assert refused.stdout == ""
    assert "whitelist" in refused.stderr
