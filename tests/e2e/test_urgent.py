"""An urgent release does not stand behind a wave."""

from tests.support.workers import Platform, wait_for

WAVE = 40


def test_an_urgent_release_overtakes_a_wave_at_every_step(own_platform: Platform) -> None:
    platform = own_platform
    wave = [platform.mini_program() for _ in range(WAVE)]
    urgent = platform.mini_program()
    platform.sim("POST", "faults", {"kind": "delay", "seconds": 0.1, "times": -1})
    with platform.worker("--concurrency", "1"):
        platform.enqueue_only(*map(platform.request, wave))
        wait_for(lambda: platform.calls(wave[1]))
        [release] = platform.enqueue_only(platform.request(urgent, urgent=True))
        assert release["urgent"] is True
        wait_for(lambda: platform.show(release["id"])["status"] == "submitted")
        assert submitted(platform) <= WAVE / 2, "it went through while most of the wave still waited"


def submitted(platform: Platform) -> int:
    with platform.redis() as client:
        return int(client.zcard("releases:status:submitted"))
