from web.login.attempts import Attempts


def test_one_address_alone_can_not_use_up_the_tries_of_all() -> None:
    attempts = Attempts()
    assert sum(not attempts.take("192.0.2.1") for _ in range(1000)) == 5
    assert not attempts.take("192.0.2.2")


def test_many_addresses_together_are_bounded_as_well() -> None:
    attempts = Attempts()
    assert sum(not attempts.take(f"192.0.2.{number}") for number in range(200)) == 30
