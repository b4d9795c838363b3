import pytest

from tests.structure.files import text

RULE = {line.split()[1]: line.split()[2:] for line in text("config/redis-users.acl").splitlines()}
DOCUMENTED = {part.partition("\n")[0]: part for part in text("docs/redis-users.md").split("\n## ")[1:]}
#: What makes a rule begin with nothing.
NOTHING = ["on", "resetpass", "resetkeys", "resetchannels", "-@all"]


def rights(section: str) -> list[str]:
    """The last cells of the tables, as they stand in the rule."""
    rows = [
        line.removesuffix(" |").split(" | ")[-1] for line in section.splitlines() if line.startswith("| ")
    ]
    names = [
        name.replace("\\|", "|") for row in rows if row.startswith("`") for name in row.strip("`").split()
    ]
    return [name if name[0] in "~&" else f"+{name}" for name in names]


@pytest.mark.parametrize("user", DOCUMENTED)
def test_every_right_has_its_reason_and_every_reason_its_right(user: str) -> None:
    assert RULE[user][: len(NOTHING)] == NOTHING
    assert sorted(RULE[user][len(NOTHING) :]) == sorted(rights(DOCUMENTED[user]))


def test_no_user_is_without_its_reasons() -> None:
    assert set(RULE) == {"default", *DOCUMENTED}
    assert RULE["default"] == ["off"]
