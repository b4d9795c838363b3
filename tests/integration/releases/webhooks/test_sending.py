"""What has changed is posted to a real receiver, which verifies it."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from typing import Any

import pytest
import redis

from db.database import Database, NotReplicated
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.reading import Reader
from releases.record import Release
from releases.scope import wave_scope
from releases.states import Status
from releases.store import keys
from releases.store.outbox import LEASE_S, Outbox
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from releases.waves.brake import WavePolicy
from releases.waves.report import WaveReports, causes_in
from releases.webhooks.sender import Sender
from tests.integration.releases.intake.test_many import some_requests
from tests.integration.releases.together import brought_to
from tests.integration.releases.webhooks.conftest import Gathered, MakeSender, SendAll, known, shown
from tests.support.examples import NOW, a_problem
from tests.support.receiver import Answer, Receiver, receiving


def test_the_state_of_a_release_is_told_without_its_ext(
    five: list[Release],
    webhooks: Sender,
    receiver: Receiver,
    reader: Reader,
    send_all: SendAll,
    outbox: Outbox,
) -> None:
    send_all(webhooks)

    assert known(receiver) == shown(reader)
    assert {message["type"] for message in receiver.messages} == {"release.changed"}
    assert {one["revision"] for one in receiver.releases.values()} == {1}
    assert [message["timestamp"] for message in receiver.messages] == [
        message["data"]["updated_at"] for message in receiver.messages
    ]
    assert "merchant" not in json.dumps(receiver.messages)
    assert outbox.undelivered() == []
    assert outbox.standing().deliveries == {"2xx": 5}


def test_the_state_of_a_wave_is_what_the_command_says(
    webhooks: Sender,
    releases: Releases,
    store: ReleaseStore,
    receiver: Receiver,
    reader: Reader,
    wave_reports: WaveReports,
    send_all: SendAll,
) -> None:
    made = Batch(store=store, releases=releases).enqueue(
        some_requests(5, wave="spring"), WavePolicy(canary=2, max_blocked=10)
    )
    brought_to(store, made[0].release, status=Status.BLOCKED, block=a_problem())

    send_all(webhooks)

    report = wave_reports.of("spring").asked(workers_answer=True)
    told = receiver.waves["spring"]
    assert told.pop("revision") == 6
    assert told == json.loads(json.dumps(report.document(causes_in(reader, "spring"))))
    assert told["state"] == "canary"
    assert {cause["status"] for cause in told["causes"]} == {"blocked", "waiting"}


def test_a_wave_is_told_when_its_pause_has_ended(
    webhooks: Sender,
    releases: Releases,
    store: ReleaseStore,
    pauses: Pauses,
    receiver: Receiver,
    send_all: SendAll,
) -> None:
    policy = WavePolicy(canary=2, max_blocked=10)
    Batch(store=store, releases=releases).enqueue(some_requests(3, wave="spring"), policy)
    send_all(webhooks)

    pauses.lift(wave_scope("spring"))
    send_all(webhooks)

    assert receiver.waves["spring"]["state"] == "running"


def test_a_change_is_gathered_for_a_second_and_a_waves_for_ten(
    webhooks: Sender, releases: Releases, store: ReleaseStore, receiver: Receiver, redis_client: redis.Redis
) -> None:
    (one,) = Batch(store=store, releases=releases).enqueue(some_requests(1, wave="spring"))
    assert not webhooks.send()

    for member, age_s in ((f"release:{one.release.id}", 1.1), ("wave:spring", 9.0)):
        redis_client.zincrby(keys.CHANGED, -age_s, member)
    assert webhooks.send()
    assert [message["type"] for message in receiver.messages] == ["release.changed"]

    redis_client.zincrby(keys.CHANGED, -1.1, "wave:spring")
    assert webhooks.send()
    assert list(receiver.waves) == ["spring"]


def test_what_changes_while_it_is_told_is_told_again(
    five: list[Release],
    webhooks: Sender,
    store: ReleaseStore,
    receiver: Receiver,
    reader: Reader,
    send_all: SendAll,
    outbox: Outbox,
) -> None:
    def change(message: dict[str, Any]) -> Answer:
        stored = store.get(message["data"]["id"])
        assert stored is not None
        brought_to(store, stored.release, status=Status.SUBMITTED, auditid=2**60)
        return Answer()

    receiver.answer = change
    send_all(webhooks)
    assert {one.member.name for one in outbox.undelivered()} == {release.id for release in five}
    assert {fields["status"] for fields in receiver.releases.values()} == {"queued"}

    receiver.answer = lambda message: Answer()
    send_all(webhooks)

    assert known(receiver) == shown(reader)
    assert {fields["auditid"] for fields in receiver.releases.values()} == {2**60}
    assert outbox.undelivered() == []


def test_a_redirect_is_not_followed(
    five: list[Release], webhooks: Sender, receiver: Receiver, send_all: SendAll
) -> None:
    with receiving() as other:
        receiver.answer = lambda message: Answer(307, {"Location": other.url})
        send_all(webhooks)
        assert (len(receiver.messages), other.messages) == (len(five), [])


def test_a_record_that_cant_be_read_does_not_keep_the_others_from_being_told(
    five: list[Release],
    webhooks: Sender,
    receiver: Receiver,
    redis_client: redis.Redis,
    send_all: SendAll,
    outbox: Outbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    redis_client.hset(keys.record(five[0].id), "document", "{}")

    send_all(webhooks)

    assert set(receiver.releases) == {release.id for release in five[1:]}
    assert [one.member.name for one in outbox.undelivered()] == [five[0].id]
    assert outbox.standing().failures == 0
    assert f"the webhook can't tell of release:{five[0].id}" in caplog.text


def test_of_a_record_that_is_gone_nothing_is_told(
    five: list[Release],
    webhooks: Sender,
    receiver: Receiver,
    redis_client: redis.Redis,
    send_all: SendAll,
    outbox: Outbox,
) -> None:
    for release in five:
        redis_client.delete(keys.record(release.id))

    send_all(webhooks)

    assert (receiver.messages, outbox.undelivered()) == ([], [])


def test_one_sends_at_a_time_and_another_takes_over(
    five: list[Release],
    webhooks: Sender,
    make_sender: MakeSender,
    receiver: Receiver,
    reader: Reader,
    send_all: SendAll,
    redis_client: redis.Redis,
) -> None:
    other = make_sender()
    send_all(other)
    assert receiver.messages == []
    assert 0 < float(str(redis_client.pttl(keys.WEBHOOK_SENDER))) <= LEASE_S * 1000

    redis_client.delete(keys.WEBHOOK_SENDER)  # as when it expires
    send_all(other)
    assert known(receiver) == shown(reader)

    other.leave()
    assert not webhooks.send()
    assert redis_client.exists(keys.WEBHOOK_SENDER)


def test_who_loses_the_lease_while_he_reads_sends_nothing(
    releases: Releases,
    store: ReleaseStore,
    make_sender: MakeSender,
    receiver: Receiver,
    gathered: Gathered,
    outbox: Outbox,
    redis_client: redis.Redis,
) -> None:
    def lost() -> datetime:
        redis_client.set(keys.WEBHOOK_SENDER, "somebody else")
        return NOW

    slow = make_sender(now=lost)
    slow.send()
    Batch(store=store, releases=releases).enqueue(some_requests(2, wave="spring"))
    gathered()

    assert not slow.send()

    assert redis_client.get(keys.WEBHOOK_SENDER) == "somebody else"
    assert (len(outbox.undelivered()), receiver.messages) == (3, [])


def test_several_are_told_at_the_same_time(
    five: list[Release], webhooks: Sender, receiver: Receiver, reader: Reader, send_all: SendAll
) -> None:
    all_of_them = threading.Barrier(len(five), timeout=20)

    def together(message: dict[str, Any]) -> Answer:
        all_of_them.wait()
        return Answer()

    receiver.answer = together
    send_all(webhooks)

    assert known(receiver) == shown(reader)


def test_nothing_is_told_that_a_failover_could_forget(
    five: list[Release],
    webhooks: Sender,
    make_sender: MakeSender,
    receiver: Receiver,
    gathered: Gathered,
    redis_client: redis.Redis,
) -> None:
    gathered()
    webhooks.leave()

    with pytest.raises(NotReplicated):
        make_sender(outbox=Outbox(Database(redis_client, replicas=1))).send()

    assert receiver.messages == []
