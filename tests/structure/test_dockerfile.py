import re
import shlex
import tomllib

from config.loading import variable_names
from tests.structure.files import ROOT, VARIABLE, services, text

DOCKERFILE = text("Dockerfile").replace("\\\n", " ")
FINAL_STAGE = DOCKERFILE.rpartition("\nFROM ")[2]


def copied(stage: str) -> list[str]:
    """What a stage takes from the house."""
    copies = [shlex.split(line)[1:-1] for line in stage.splitlines() if line.startswith("COPY ")]
    return [source for sources in copies if not sources[0].startswith("--from") for source in sources]


def test_it_installs_nothing_whose_hash_is_not_locked() -> None:
    installs = re.findall(r"(?:pip(?: --python \S+)?) (?:install|wheel)\b[^&\n]*", DOCKERFILE)
    assert len(installs) == 4
    for install in installs:
        assert "--require-hashes" in install or ("--no-index" in install and "--no-deps" in install), install


def test_it_runs_as_the_user_that_the_compose_file_says() -> None:
    users = re.findall(r"^USER (\S+)$", FINAL_STAGE, re.MULTILINE)
    ours = {service["user"] for service in services().values() if service["image"] == "mprelease"}
    assert ours == set(users)
    assert len(users) == 1


def test_nothing_is_built_or_fetched_in_the_final_stage() -> None:
    assert not re.findall(r"\b(pip|apt-get|gcc|curl|wget)\b", FINAL_STAGE)


def test_it_copies_every_package_of_the_project() -> None:
    found = tomllib.loads(text("pyproject.toml"))["tool"]["setuptools"]["packages"]["find"]["include"]
    packages = {pattern.removesuffix("*") for pattern in found}
    assert packages <= set(copied(DOCKERFILE))


def test_what_it_copies_is_there_and_let_through() -> None:
    through = {line[1:].rstrip("/") for line in text(".dockerignore").splitlines() if line.startswith("!")}
    for source in copied(DOCKERFILE):
        assert (ROOT / source).exists()
        assert source.partition("/")[0] in through, source


def test_the_builder_gets_only_what_is_named() -> None:
    rules = [line for line in text(".dockerignore").splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert not {"!.env", "!secrets/", "!.git", "!tests/"} & set(rules)
    assert "**/.env" in rules


def test_variables_named_like_ours_are_settings() -> None:
    assert set(VARIABLE.findall(DOCKERFILE)) <= set(variable_names())
