"""Which acts there are, who may do them, and for what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from config.api_keys import KeyScope


class Act(StrEnum):
    """What can be done, as it stands in an address."""

    PLAN = "plan"
    LOOK = "look"
    RESUME = "resume"
    CANCEL = "cancel"
    GIVE_UP = "give-up"
    WITHDRAW = "withdraw"
    PAUSE = "pause"
    PUBLISH = "publish"
    REVERT = "revert"


NEEDS: Mapping[Act, KeyScope] = {
    Act.PLAN: KeyScope.READ,
    **dict.fromkeys(
        (Act.LOOK, Act.RESUME, Act.CANCEL, Act.GIVE_UP, Act.WITHDRAW, Act.PAUSE), KeyScope.OPERATE
    ),
    **dict.fromkeys((Act.PUBLISH, Act.REVERT), KeyScope.PUBLISH),
}
#: For these the name of a wave is typed.
NAMED = frozenset({Act.PUBLISH, Act.REVERT})
#: What can be done with the platform; with a wave all but this, and with releases all but a pause.
OF_PLATFORM = frozenset({Act.RESUME, Act.PAUSE})
NOT_OF_WAVE = frozenset({Act.GIVE_UP, Act.WITHDRAW, Act.PAUSE})
#: What only stops. It waits for nothing that goes on, and is not refused because there is more of it than was shown.
STOPS = frozenset({Act.CANCEL, Act.PAUSE})
