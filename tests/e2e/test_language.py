"""What is asked of WeChat at this moment is told in the language of whoever asks."""

import pytest

from releases import remedies
from tests.support.bilingual import is_chinese
from tests.support.workers import Platform
from wechat.errcodes.chinese import chinese_of
from wechat.errcodes.table import verdict_of

CHINESE = {"MPRELEASE_LANGUAGE": "zh"}


@pytest.mark.long
def test_the_doctor_and_a_plan_say_what_to_do_in_the_language(own_platform: Platform) -> None:
    platform = own_platform
    plan: tuple[str, ...] = (
        "enqueue",
        "--plan",
        "--appid",
        platform.mini_program(),
        "--template-id",
        "12",
        "--user-version",
        "1.4.2",
    )
    plan = (*plan, "--user-desc", "faster")
    platform.run("pause", "--reason", "delayed")
    platform.sim("POST", "platform", {"ip_allowed": False})

    english, chinese = verdict_of(61004), chinese_of(61004)
    told = {}
    for command in ("doctor",), plan:
        said = platform.run(*command, code=1)
        assert english.remedy in said.stdout
        assert not is_chinese(said.stdout + said.stderr)
        said = platform.run(*command, code=1, **CHINESE)
        assert chinese.remedy in said.stdout
        assert english.remedy not in said.stdout + said.stderr
        told[command[0]] = said.stdout
    assert f"61004 {chinese.meaning} (" in told["doctor"]
    by_hand = f"{remedies.PAUSED_BY_HAND.chinese} {remedies.ENDS_IT.chinese}"
    assert f"已由人暂停：delayed -- {by_hand}" in told["doctor"]
    (planned,) = platform.documents(*plan, code=1, **CHINESE)
    assert not is_chinese(str(planned["obstacles"]))
