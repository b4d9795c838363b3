from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import redis

from releases.problems import StepBlocked
from releases.steps.preflight import ANSWER_PATIENCE_S, FRESH_S, KEPT_S, Preflight
from releases.store import keys
from wechat.domains import Domains

WANTED = Domains.wanted({"requestdomain": ["https://a.example.com", "https://b.example.com:8443"]})


class Pool:
    """The platform's pool; counts how often it is read."""

    def __init__(self, *hosts: str) -> None:
        self.hosts: Collection[str] | None = hosts
        self.reads = 0

    def __call__(self) -> Collection[str] | None:
        self.reads += 1
        return self.hosts


@pytest.fixture
def preflight(redis_client: redis.Redis) -> Callable[[Pool], Preflight]:
    return lambda pool: Preflight(
        redis_client,
        read_pool=pool,
        read_jump_pool=lambda: None,
        read_templates=lambda: None,
        sleep=lambda _: None,
    )


def grow_old(client: redis.Redis) -> None:
    """The pool was read a while ago."""
    client.expire(keys.POOL, KEPT_S - FRESH_S - 1)


def test_with_all_domains_registered_the_pool_is_read_once(preflight: Callable[[Pool], Preflight]) -> None:
    pool = Pool("a.example.com", "b.example.com")

    for _ in range(3):
        preflight(pool).check(WANTED, "spring")

    assert pool.reads == 1


def test_before_a_publication_all_share_a_pool_that_was_read_within_the_last_seconds(
    preflight: Callable[[Pool], Preflight], redis_client: redis.Redis
) -> None:
    pool = Pool("a.example.com", "b.example.com")
    preflight(pool).check(WANTED, "spring")
    assert preflight(pool).published_hosts() == ["a.example.com", "b.example.com"]
    assert pool.reads == 1

    # It has lost one since: the pool that is kept still has all, and is good for a wave that begins.
    pool.hosts = ("a.example.com",)
    grow_old(redis_client)

    assert preflight(pool).published_hosts() == ["a.example.com"]
    assert [preflight(pool).published_hosts() for _ in range(3)] == [["a.example.com"]] * 3
    assert pool.reads == 2


def test_before_a_publication_a_pool_that_wechat_does_not_tell_is_not_known(
    preflight: Callable[[Pool], Preflight],
) -> None:
    pool = Pool()
    pool.hosts = None

    assert preflight(pool).published_hosts() is None


def test_a_pool_that_has_all_is_looked_at_once_in_a_while(redis_client: redis.Redis) -> None:
    now = 1000.0
    pool = Pool("a.example.com", "b.example.com")
    preflight = Preflight(
        redis_client,
        read_pool=pool,
        read_jump_pool=lambda: None,
        read_templates=lambda: None,
        monotonic=lambda: now,
    )
    preflight.check(WANTED, "spring")
    redis_client.delete(keys.POOL)
    pool.hosts = ("a.example.com",)

    now += FRESH_S - 0.1
    preflight.check(WANTED, "spring")
    with pytest.raises(StepBlocked):
        preflight.check(Domains.wanted({"requestdomain": ["https://c.example.com"]}), "spring")

    now += 0.2
    with pytest.raises(StepBlocked):
        preflight.check(WANTED, "spring")


def test_a_domain_that_is_not_registered_blocks_and_is_named(preflight: Callable[[Pool], Preflight]) -> None:
    with pytest.raises(StepBlocked) as caught:
        preflight(Pool("a.example.com")).check(WANTED, "spring")

    assert caught.value.domains == {"requestdomain": ["https://b.example.com:8443"]}
    assert "mprelease platform domains add" in caught.value.remedy
    assert "mprelease resume --wave spring" in caught.value.remedy


def test_a_platform_with_an_empty_pool_has_registered_nothing(preflight: Callable[[Pool], Preflight]) -> None:
    with pytest.raises(StepBlocked) as caught:
        preflight(Pool()).check(WANTED, "spring")

    assert caught.value.domains == WANTED.as_dict()


def test_a_pool_that_lacks_something_is_read_anew_after_a_few_seconds_and_not_before(
    preflight: Callable[[Pool], Preflight], redis_client: redis.Redis
) -> None:
    pool = Pool("a.example.com")
    for _ in range(3):
        with pytest.raises(StepBlocked):
            preflight(pool).check(WANTED, "spring")
    assert pool.reads == 1
    pool.hosts = ("a.example.com", "b.example.com")
    grow_old(redis_client)

    preflight(pool).check(WANTED, "spring")

    assert pool.reads == 2


def test_a_changed_pool_can_be_forgotten(preflight: Callable[[Pool], Preflight]) -> None:
    pool = Pool("a.example.com")
    with pytest.raises(StepBlocked):
        preflight(pool).check(WANTED, "spring")
    pool.hosts = ("a.example.com", "b.example.com")

    preflight(pool).forget()

    preflight(pool).check(WANTED, "spring")


def test_where_wechat_does_not_say_the_wave_goes_on_and_it_is_asked_again_soon(
    preflight: Callable[[Pool], Preflight], redis_client: redis.Redis
) -> None:
    pool = Pool()
    pool.hosts = None

    preflight(pool).check(WANTED, "spring")

    assert 0 < redis_client.ttl(keys.POOL) <= FRESH_S


BELOW = Domains.wanted({"requestdomain": ["https://a.shop.example", "https://b.shop.example"]})


class Asked:
    """Releases of a wave that ask WeChat, each in its turn."""

    def __init__(self, client: redis.Redis, *hosts: str) -> None:
        self.preflight = Preflight(
            client,
            read_pool=Pool(*hosts),
            read_jump_pool=lambda: None,
            read_templates=lambda: None,
            sleep=self._sleep,
        )
        self.asked = 0
        self.slept_s = 0.0

    def ask(self, answer: Exception | None = None, wanted: Domains = BELOW) -> None:
        """One release: what WeChat answers it."""
        with self.preflight.of(wanted, "spring"):
            self.asked += 1
            if answer is not None:
                raise answer

    def _sleep(self, seconds: float) -> None:
        self.slept_s += seconds


def not_registered(errcode: int = 85018) -> StepBlocked:
    domains = {"requestdomain": ["https://b.shop.example"]}
    return StepBlocked(errcode=errcode, errmsg="not registered", domains=domains, remedy="Register it.")


@pytest.fixture
def wave(redis_client: redis.Redis) -> Asked:
    return Asked(redis_client, "shop.example")


def test_domains_below_a_registered_one_are_left_to_wechat_and_an_acceptance_counts_for_all(
    wave: Asked,
) -> None:
    for _ in range(3):
        wave.ask()

    assert (wave.asked, wave.slept_s) == (3, 0)


@pytest.mark.parametrize("errcode", [85017, 85018])
def test_what_wechat_refuses_the_first_release_blocks_the_others_without_a_call(
    wave: Asked, errcode: int
) -> None:
    with pytest.raises(StepBlocked):
        wave.ask(not_registered(errcode))

    with pytest.raises(StepBlocked) as caught:
        wave.ask()

    assert wave.asked == 1
    assert (caught.value.errcode, caught.value.domains) == (
        errcode,
        {"requestdomain": ["https://b.shop.example"]},
    )
    assert "preflight" in caught.value.errmsg
    assert "mprelease resume --wave spring" in caught.value.remedy


@pytest.mark.parametrize("error", [RuntimeError("cut off"), not_registered(85016)])
def test_any_other_answer_says_nothing_of_the_others(wave: Asked, error: Exception) -> None:
    with pytest.raises(type(error)):
        wave.ask(error)

    wave.ask()

    assert (wave.asked, wave.slept_s) == (2, 0)


def test_a_mini_program_that_needs_nothing_does_not_take_a_refusal_back(wave: Asked) -> None:
    with wave.preflight.of(BELOW, "spring"), pytest.raises(StepBlocked):
        wave.ask(not_registered())

    with pytest.raises(StepBlocked):
        wave.ask()

    assert wave.asked == 1


def test_a_refusal_is_forgotten_with_the_pool_or_where_others_are_wanted(wave: Asked) -> None:
    with pytest.raises(StepBlocked):
        wave.ask(not_registered())
    wave.ask(wanted=Domains.wanted({"requestdomain": ["https://c.shop.example"]}))
    with pytest.raises(StepBlocked):
        wave.ask(not_registered())

    wave.preflight.forget()

    wave.ask()
    assert wave.asked == 4


def test_the_others_wait_a_little_for_the_first_ones_answer_and_then_go_on(
    wave: Asked, redis_client: redis.Redis
) -> None:
    redis_client.set(keys.POOL_ASKING, 1)

    wave.ask()

    assert wave.asked == 1
    assert wave.slept_s == pytest.approx(ANSWER_PATIENCE_S, abs=0.1)


def test_many_at_once_ask_once_where_it_is_refused(redis_client: redis.Redis) -> None:
    together, asked = threading.Barrier(8), []

    def ask(_: int) -> None:
        preflight = Preflight(
            redis_client,
            read_pool=Pool("shop.example"),
            read_jump_pool=lambda: None,
            read_templates=lambda: None,
        )
        together.wait(10)
        with suppress(StepBlocked), preflight.of(BELOW, "spring"):
            asked.append(1)
            raise not_registered()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(8)))

    assert len(asked) == 1


def test_one_domain_that_is_nowhere_registered_blocks_and_is_named_alone(wave: Asked) -> None:
    with pytest.raises(StepBlocked) as caught:
        wave.ask(wanted=BELOW | Domains.wanted({"requestdomain": ["https://a.other.example"]}))

    assert wave.asked == 0
    assert caught.value.domains == {"requestdomain": ["https://a.other.example"]}


class Library:
    """The template library; counts how often it is read."""

    def __init__(self, *ids: int) -> None:
        self.reads = 0
        self.ids: tuple[int, ...] | None = ids

    def read(self) -> tuple[int, ...] | None:
        self.reads += 1
        return self.ids


def held_against(client: redis.Redis, library: Library) -> Preflight:
    return Preflight(client, read_pool=lambda: None, read_jump_pool=lambda: None, read_templates=library.read)


def test_the_library_is_read_once_for_all_workers(redis_client: redis.Redis) -> None:
    library = Library(3, 7)

    for _ in range(3):
        held_against(redis_client, library).check_template(7, "spring")

    assert library.reads == 1


def test_a_template_that_does_not_exist_blocks_and_says_which_there_are(redis_client: redis.Redis) -> None:
    with pytest.raises(StepBlocked) as caught:
        held_against(redis_client, Library(*range(20))).check_template(99, "spring 2")

    assert caught.value.errcode == 85014
    assert "template 99 does not exist; the library has 19, 18, 17" in caught.value.errmsg
    assert "and 10 more" in caught.value.errmsg
    assert "'spring 2'" in caught.value.remedy


def test_a_library_without_the_template_is_read_anew_after_a_few_seconds_and_not_before(
    redis_client: redis.Redis,
) -> None:
    library = Library()
    for _ in range(3):
        with pytest.raises(StepBlocked, match="no template"):
            held_against(redis_client, library).check_template(7, "spring")
    assert library.reads == 1
    library.ids = (7,)
    redis_client.expire(keys.TEMPLATES, KEPT_S - FRESH_S - 1)

    held_against(redis_client, library).check_template(7, "spring")

    assert library.reads == 2


def test_where_wechat_does_not_list_the_templates_the_wave_goes_on(redis_client: redis.Redis) -> None:
    library = Library()
    library.ids = None

    held_against(redis_client, library).check_template(7, "spring")

    assert 0 < redis_client.ttl(keys.TEMPLATES) <= FRESH_S


def test_a_changed_library_can_be_forgotten(redis_client: redis.Redis) -> None:
    library = Library(3)
    preflight = held_against(redis_client, library)
    with pytest.raises(StepBlocked):
        preflight.check_template(7, "spring")
    library.ids = (3, 7)

    preflight.forget()

    preflight.check_template(7, "spring")
