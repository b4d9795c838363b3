"""The base class of the steps' tasks: a shell around `releases.steps.run`, which says what Celery has to do."""

from __future__ import annotations

from releases.handles import outcomes, task_id
from releases.states import Step
from releases.steps.outcomes import Dropped, Looked, Next, Rests, Run, Waits
from releases.store.leases import Busy
from tasks.base import ReleaseTask
from tasks.interim import BUSY, DROPPED, Parked
from tasks.log_context import bind
from tasks.monitors import Told, told, why
from tasks.run_on import RUN_ON, RunOn


class StepTask(ReleaseTask):
    """A step. Celery stores nothing of it: the release has one result, which its record's script writes."""

    abstract = True
    ignore_result = True
    Request = "tasks.run_on:StepRequest"

    def run_step(self, step: Step, release_id: str, appid: str) -> Told:
        """Run a step as its message says; returns what Celery is to tell of it, or raises that."""
        bind(release_id=release_id, appid=appid, step=str(step))
        # The record says what comes next. Celery would send the rest of the chain after the task, where a Redis that is
        # away for a moment makes the task a failure, its message acknowledged and the release stand still.
        self.request.chain = None
        # Outside of a worker, and in a pool's child, there is none.
        run_on: RunOn = self.request.get(RUN_ON) or RunOn(may_run_on=lambda: False)
        steps = self.app.services.steps
        begun = run_on.run or steps.begin(step, release_id, appid, run_on.may_run_on)
        if isinstance(begun, Run):
            bind(begun.attempt.release)
            end = steps.run(step, begun)
        else:
            end = begun
        match end:
            case Next(release, following, because):
                if following is None:
                    self.app.services.due.send(release)
                else:
                    run_on.following = release, following
                return Parked(because) if because else told(release, step)
            case Waits(release):
                return Parked(why(release))
            case Looked(release):
                return told(release, step)
            case Rests(release):
                # What waiting for the step's chain raises.
                outcome = outcomes(release).get(task_id(release, step.chain[-1]))
                if isinstance(outcome, Exception):
                    raise outcome
                return told(release, step)
            case Dropped():
                return DROPPED
            case Busy():
                return BUSY
