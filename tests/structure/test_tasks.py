from collections.abc import Iterator
from pathlib import Path

import pytest

from config.loading import load_settings, variable_names
from config.settings import Settings
from worker.app import ReleaseCelery, create_app

CONTRACT = {
    "tasks.start_release",
    "tasks.get_release",
    "tasks.resume_release",
    "tasks.cancel_release",
    "tasks.publish_release",
    "tasks.revert_release",
    "tasks.ensure_domains",
    "tasks.commit_code",
    "tasks.submit_audit",
    "tasks.watch_audit",
    "tasks.publish",
    "tasks.verify_live",
    "tasks.revert",
}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReleaseCelery]:
    """The app of the default settings, as a worker has it."""
    for name in variable_names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MPRELEASE_SECRETS_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings == Settings()
    with create_app(settings) as made:
        made.loader.import_default_modules()
        yield made


def ours(app: ReleaseCelery) -> set[str]:
    return {name for name in app.tasks if not name.startswith("celery.")}


def test_the_tasks_are_those_of_the_contract(app: ReleaseCelery) -> None:
    assert ours(app) == CONTRACT


def test_every_task_goes_to_a_queue_that_a_worker_takes_from(app: ReleaseCelery) -> None:
    queues = {app.amqp.router.route({}, name)["queue"].name for name in ours(app)}
    assert queues == {"releases"}
    assert [*app.amqp.queues.consume_from] == ["releases.urgent", "releases.publish", "releases"], (
        "the urgent one is looked into first"
    )


def test_every_task_says_in_its_docstring_what_it_does(app: ReleaseCelery) -> None:
    assert [name for name in sorted(ours(app)) if not (app.tasks[name].__doc__ or "").strip()] == []
