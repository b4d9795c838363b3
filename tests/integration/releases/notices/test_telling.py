"""Who is told, when, and how often: once, by whichever worker, one message a minute, and again only what was not taken."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from config.sections.notify import NotifySettings
from releases.notices import stopped
from releases.notices.memory import KEPT_S, LEASE_S, Memory, sent
from releases.notices.teller import EVERY_S
from releases.scope import Scope, wave_scope
from releases.states import Status, Step
from releases.store import keys
from releases.store.pauses import Pauses
from tests.integration.releases.notices.conftest import World
from tests.integration.releases.notices.test_kinds import brake, only, other
from tests.support.robots import KEY, PATHS, SECRET, Answer
from wechat.tokens.store import TICKET_KEY

#: `make test` has to be quick.
pytestmark = pytest.mark.long

REFUSALS = {
    "wecom": ({"errcode": 93000, "errmsg": "invalid webhook url"}, "93000 invalid webhook url"),
    "dingtalk": ({"errcode": 310000, "errmsg": "keywords not in content"}, "310000 keywords not in content"),
    "feishu": ({"StatusCode": 0, "code": 19024, "msg": "Key Words Not Found"}, "19024 Key Words Not Found"),
}
#: What is no sign that anybody was told, whatever the status is.
NO_ANSWERS = {
    "a page": Answer(b"<html>"),
    "nothing": Answer(b""),
    "no error code": Answer({}),
    "a list": Answer([0]),
    "a yes": Answer({"errcode": False}),
    "another status": Answer({"errcode": 0}, 500),
    "a redirect": Answer({"errcode": 0}, 302, {"Location": "http://127.0.0.1:9/"}),
    "a punishment": Answer({"status": 1111, "punish": "deny", "wait": 5}),
    "too much": Answer(b'{"errmsg":"' + b"x" * 100_000 + b'","errcode":0}'),
}


def refused(redis_client: redis.Redis, channel: str) -> int:
    return sent(redis_client).get((channel, "refused"), 0)


def test_all_three_are_told(world: World, pauses: Pauses) -> None:
    pauses.begin_by_hand(Scope.ALL, "maintenance")
    world.told()
    for channel in PATHS:
        (text,) = world.groups.texts(channel)
        assert "All releases are paused" in text
        assert "https://releases.example.com/platform" in text


def test_many_workers_tell_once(world: World, pauses: Pauses) -> None:
    world.teller.leave()
    tellers = [world.make() for _ in range(4)]
    brake(pauses, wave_scope("spring"))
    world.wave()
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            list(pool.map(lambda teller: teller.look(), tellers))
            world.clock.passes(EVERY_S)
    assert {channel: len(messages) for channel, messages in world.groups.messages.items()} == dict.fromkeys(
        PATHS, 1
    )


def test_who_dies_is_followed_and_nothing_is_told_twice(
    world: World, pauses: Pauses, redis_client: redis.Redis
) -> None:
    world.wave()
    brake(pauses, wave_scope("spring"))
    assert len(world.told()) == 1
    next_one = world.make()
    next_one.look()
    assert 0 < redis_client.pttl(keys.NOTICES_TELLER) <= LEASE_S * 1000

    redis_client.delete(keys.NOTICES_TELLER)  # its time has passed
    pauses.begin_by_hand(Scope.ALL, "maintenance")

    assert only(world.told(teller=next_one))[0] == "**All releases are paused**"
    world.teller.look()
    assert len(world.groups.messages["wecom"]) == 2


def test_there_is_one_message_a_minute(world: World, pauses: Pauses) -> None:
    pauses.begin_by_hand(Scope.ALL, "first")
    world.teller.look()
    pauses.begin_by_hand(Scope.SUBMISSIONS, "second")
    for number in range(1, 13):
        world.clock.passes(5)
        world.teller.look()
        assert len(world.groups.messages["wecom"]) == (2 if number == 12 else 1)
    first, second = world.groups.times["wecom"]
    assert second - first >= EVERY_S


def test_the_minute_is_used_up_also_by_one_that_died_over_it(
    world: World, pauses: Pauses, redis_client: redis.Redis
) -> None:
    pauses.begin_by_hand(Scope.ALL, "first")
    world.groups.answers["wecom"] = Answer(b"")
    world.teller.look()
    redis_client.delete(keys.NOTICES_TELLER)
    world.groups.answers.clear()
    other_one = world.make()
    other_one.look()
    assert world.groups.messages["wecom"] == []
    world.clock.passes(EVERY_S)
    other_one.look()
    assert len(world.groups.messages["wecom"]) == 1


@pytest.mark.parametrize("channel", list(PATHS))
def test_an_error_with_http_200_is_an_error(
    world: World,
    pauses: Pauses,
    redis_client: redis.Redis,
    caplog: pytest.LogCaptureFixture,
    channel: str,
) -> None:
    body, said = REFUSALS[channel]
    world.groups.answers[channel] = Answer(body)
    pauses.begin_by_hand(Scope.ALL, "maintenance")
    with caplog.at_level(logging.DEBUG):
        assert world.told(channel) == []
        # Tried after one minute, two, four, with one line in the log.
        assert world.groups.asked.count(channel) == 2
        others = set(PATHS) - {channel}
        assert all(len(world.groups.messages[name]) == 1 for name in others)

        world.groups.answers.clear()
        assert len(world.told(channel)) == 1
    told = [record.getMessage() for record in caplog.records if record.name == "releases.notices.teller"]
    assert [said in line for line in told] == [True, False]
    assert told[-1].startswith("notices are taken again")
    assert refused(redis_client, channel) == 2
    assert sent(redis_client)[channel, "taken"] == 1
    assert KEY not in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("answer", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_is_no_answer_of_a_robot_is_an_error(world: World, pauses: Pauses, answer: Answer) -> None:
    world.groups.answers["wecom"] = answer
    pauses.begin_by_hand(Scope.ALL, "maintenance")
    world.teller.look()
    world.groups.answers.clear()
    assert len(world.told()) == 1


@pytest.mark.parametrize(
    ("channel", "answer", "wait_s"),
    [
        ("dingtalk", Answer({"errcode": 130101, "errmsg": "send too fast"}), 600),
        ("dingtalk", Answer({"errcode": 410100, "errmsg": "send too fast"}), 600),
        ("dingtalk", Answer({"errcode": 410100, "errmsg": "send too fast"}, 429), 600),
        ("wecom", Answer({"errcode": 45009, "errmsg": "api freq out of limit"}), 60),
        ("feishu", Answer({"code": 11232, "msg": "frequency limited"}), 60),
    ],
)
def test_a_robot_that_is_told_too_much_is_left_alone(
    world: World, pauses: Pauses, channel: str, answer: Answer, wait_s: int
) -> None:
    world.groups.answers[channel] = answer
    pauses.begin_by_hand(Scope.ALL, "maintenance")
    world.teller.look()
    world.groups.answers.clear()
    world.clock.passes(wait_s - 1)
    world.teller.look()
    assert world.groups.messages[channel] == []
    world.clock.passes(2)
    world.teller.look()
    assert len(world.groups.messages[channel]) == 1


def test_a_robot_may_say_for_how_long(world: World, pauses: Pauses) -> None:
    world.groups.answers["feishu"] = Answer({}, 503, {"Retry-After": "1800"})
    pauses.begin_by_hand(Scope.ALL, "maintenance")
    world.teller.look()
    world.groups.answers.clear()
    world.clock.passes(1790)
    world.teller.look()
    assert world.groups.messages["feishu"] == []
    world.clock.passes(20)
    world.teller.look()
    assert len(world.groups.messages["feishu"]) == 1


def test_waits_grow_to_an_hour(world: World, pauses: Pauses, redis_client: redis.Redis) -> None:
    world.groups.answers["wecom"] = Answer({"errcode": -1})
    pauses.begin_by_hand(Scope.ALL, "maintenance")
    waits = list[float]()
    for _ in range(9):
        world.teller.look()
        waits.append(Memory(redis_client).channels()["wecom"].next_at - world.clock().timestamp())
        world.clock.passes(waits[-1] - 1)
        world.teller.look()
        world.clock.passes(1)
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert world.groups.asked.count("wecom") == 9


def test_another_robot_knows_nothing_of_the_troubles_of_the_one_before(world: World, pauses: Pauses) -> None:
    world.groups.answers["dingtalk"] = Answer({"errcode": 130101})
    pauses.begin_by_hand(Scope.ALL, "maintenance")
    world.teller.look()
    world.groups.answers.clear()
    changed = other(world, dingtalk_url=f"{world.groups.url('dingtalk')}&new=1")
    changed.look()
    assert len(world.groups.messages["dingtalk"]) == 1


def test_what_has_passed_before_it_was_taken_is_told_no_more(world: World, pauses: Pauses) -> None:
    world.groups.answers["wecom"] = Answer(b"")
    pauses.begin_by_hand(Scope.ALL, "maintenance")
    world.teller.look()
    pauses.lift(Scope.ALL)
    world.groups.answers.clear()
    assert world.told() == []


def test_a_first_start_tells_no_history_but_how_the_platform_stands(
    world: World, pauses: Pauses, redis_client: redis.Redis
) -> None:
    world.teller.leave()
    redis_client.delete(keys.NOTICES)
    world.audited(world.wave(), Status.APPROVED)
    world.wave(wave="stopped", user_version="2", supersede=True)
    brake(pauses, wave_scope("stopped"))
    world.audited(world.wave(2, wave=None, start=10), Status.REJECTED)
    world.blocked(world.wave(1, wave=None, start=20), Step.VERIFY_LIVE)
    redis_client.delete(TICKET_KEY)

    assert only(world.told(teller=world.make()))[0].startswith("**There is no component_verify_ticket")


def test_a_channel_that_is_new_begins_with_the_present(world: World, pauses: Pauses) -> None:
    teller = other(world, wecom_url=world.groups.url("wecom"), feishu_url="", feishu_secret="")
    world.audited(world.wave(), Status.SUBMITTED)
    assert len(world.told(teller=teller)) == 1


def test_whoever_looks_again_after_a_week_begins_anew(
    world: World, pauses: Pauses, redis_client: redis.Redis
) -> None:
    world.teller.look()
    assert 60_000 < redis_client.pttl(keys.NOTICES) <= KEPT_S * 1000
    redis_client.pexpire(keys.NOTICES, 60_000)
    world.teller.look()
    assert redis_client.pttl(keys.NOTICES) > 60_000


def test_more_than_a_message_holds_is_told_in_the_next(world: World, pauses: Pauses) -> None:
    for number in range(12):
        name = f"{number:02}" + "波" * 60
        world.wave(1, wave=name, start=number)
        brake(pauses, wave_scope(name))
    messages = []
    for _ in range(3):
        messages += world.told()
    heads = [line for text in messages for line in text.splitlines() if line.startswith("**")]
    assert len(heads) == len(set(heads)) == 12
    assert messages[0].splitlines()[-1].endswith(" more in the next message")
    assert "next message" not in messages[-1]
    # The other two have room for all.
    assert len(messages) > 1
    assert len(world.groups.messages["feishu"]) == len(world.groups.messages["dingtalk"]) == 1


def test_many_rejections_are_found_page_by_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopped, "MOST_AT_ONCE", 20)
    world.audited(world.wave(46, wave=None), Status.REJECTED, "no")
    numbers = [only([text])[0] for text in world.told()]
    assert numbers == [f"**Rejected, of no wave: {number}**" for number in (20, 20, 6)]


NASTY = (
    "[click](http://evil.example) <@all> @138 **bold** `code` # www.evil.example &lt; \u202e\u200b\nnext\r\\"
)


def test_what_others_chose_does_nothing_in_any_message(world: World, pauses: Pauses) -> None:
    name = "[w](//x) <@all> `a`"
    releases = world.wave(2, wave=name, label="![l](http://evil.example)")
    alone = world.wave(1, wave=None, start=10, label="<at id=all></at>")
    brake(pauses, wave_scope(name))
    world.blocked(releases[:1], Step.COMMIT_CODE, errmsg=NASTY * 30)
    world.audited([releases[1], *alone], Status.REJECTED, NASTY)
    pauses.begin_by_hand(Scope.ALL, NASTY, NASTY[:40])
    world.told()

    links = {
        "https://releases.example.com/platform",
        f"https://releases.example.com/release/{alone[0].id}",
        "https://releases.example.com/wave?name=%5Bw%5D%28%2F%2Fx%29%20%3C%40all%3E%20%60a%60",
    }
    for channel in PATHS:
        text = "\n".join(world.groups.texts(channel))
        assert all(one.isprintable() or one == "\n" for one in text)
        for link in links:
            assert link in text
            text = text.replace(f"[Open the page]({link})", "").replace(link, "")
        text = "\n".join(line.removeprefix("> ") for line in text.splitlines())
        for line in text.splitlines():
            if line.startswith("**"):
                text = text.replace(line, line[2:-2])
        assert not set(text) & set("<>[]`*#@&\\")
        assert "://" not in text
        assert "www." not in text


def test_the_longest_notice_fits_into_the_shortest_message(world: World, pauses: Pauses) -> None:
    name = "😀" * 64
    for number, release in enumerate(world.wave(3, wave=name)[:2]):
        world.blocked([release], Step.COMMIT_CODE, errmsg=f"{number}" + "😀" * 5000)
    brake(pauses, wave_scope(name), remedy="😀" * 5000)
    teller = other(world, page_url="")
    (text,) = world.told(teller=teller)
    assert 3200 < len(text.encode()) <= 4096


def test_no_setting_shows_where_it_is(world: World) -> None:
    settings = NotifySettings.model_validate(
        {
            "wecom_url": world.groups.url("wecom"),
            "dingtalk_url": world.groups.url("dingtalk"),
            "dingtalk_secret": SECRET,
        }
    )
    shown = repr(settings) + str(settings.model_dump())
    assert KEY not in shown
    assert SECRET not in shown


def test_an_error_that_echoes_the_secret_is_kept_without_it(
    world: World, pauses: Pauses, redis_client: redis.Redis
) -> None:
    for channel in PATHS:
        secret = "" if channel == "wecom" else SECRET
        said = f"{world.groups.url(channel)} {secret} is wrong"
        world.groups.answers[channel] = Answer({"errcode": 1, "errmsg": said})
    pauses.begin_by_hand(Scope.ALL, "maintenance")
    world.teller.look()
    kept = str(redis_client.hgetall(keys.NOTICES))
    assert kept.count("is wrong") == 3
    assert KEY not in kept
    assert SECRET not in kept


@pytest.mark.parametrize("channel", PATHS)
def test_a_notice_that_is_refused_for_its_words_keeps_no_other_from_being_told(
    world: World, pauses: Pauses, channel: str
) -> None:
    world.groups.forbidden[channel] = "maintenance"
    pauses.begin_by_hand(Scope.ALL, "maintenance")
    pauses.begin_by_hand(Scope.SUBMISSIONS, "second")
    for _ in range(6):
        world.teller.look()
        world.clock.passes(3601)
    (text,) = world.groups.texts(channel)
    assert "second" in text
