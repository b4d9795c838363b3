from benchmarks.measures.commands import Seen, sort_out
from benchmarks.measures.http_calls import per_release


def test_a_connection_is_ours_once_one_of_our_keys_was_used_on_it() -> None:
    seen = [
        Seen("127.0.0.1:1", "LLEN releases"),
        Seen("127.0.0.1:1", "EVALSHA abc 2 release:1 releases:parked"),
        Seen("127.0.0.1:2", "BRPOP releases.urgent releases 1"),
        Seen("127.0.0.1:2", "SETEX celery-task-meta-release:1 60 {}"),
        Seen("lua", "HGET release:1 document"),
    ]
    found = sort_out(seen)
    assert found["ours"] == ["LLEN releases", "EVALSHA abc 2 release:1 releases:parked"]
    assert found["scripts"] == ["HGET release:1 document"]
    assert [text.split()[0] for text in found["celery"]] == ["BRPOP", "SETEX"]


def test_calls_for_tokens_and_for_the_platform_are_told_apart() -> None:
    calls = {"commit": 50, "modify_domain": 100, "api_component_token": 1, "queryquota": 2, "get_page": 0}
    found = per_release(calls, 50)
    assert (found["release"], found["token"], found["platform"]) == (3, 0.02, 0.04)
    assert "get_page" not in found["by_endpoint"]
