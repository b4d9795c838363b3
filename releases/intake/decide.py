"""Whether a request is a new release, a repetition or a conflict: a pure function."""

from __future__ import annotations

from dataclasses import dataclass

from releases.errors import ReleaseConflict
from releases.record import Release, identity
from releases.request import ReleaseRequest
from releases.store.known import Known


@dataclass(frozen=True, slots=True)
class Repetition:
    """The same release has been enqueued before."""

    release: Release


@dataclass(frozen=True, slots=True)
class NewRelease:
    """A release is to be created; the one it supersedes is to be cancelled with it."""

    superseding: Release | None = None


def decide(request: ReleaseRequest, known: Known) -> Repetition | NewRelease:
    """Hold a request against what the Mini Program has; raises ReleaseConflict."""
    active = known.active.release if known.active else None
    same = known.same.release if known.same else None
    if same is not None and not same.is_active and not request.again:
        # Also beside another active release: a request that comes late must not supersede what followed it.
        return _repetition(request, same, "ask for `again` to submit it once more")
    return NewRelease() if active is None else _beside_active(request, active)


def _beside_active(request: ReleaseRequest, active: Release) -> Repetition | NewRelease:
    same_version = active.identity == identity(request)
    if same_version and not active.differing(request):
        return Repetition(active)
    if request.supersede:
        return NewRelease(superseding=active)
    if same_version:
        return _repetition(request, active, "cancel it, or ask for `supersede`")
    raise ReleaseConflict(
        active.id,
        f"{active.appid} has version {active.user_version} of template {active.template_id} {active.status}; "
        "cancel it, or ask for `supersede`",
    )


def _repetition(request: ReleaseRequest, release: Release, way_out: str) -> Repetition:
    differing = release.differing(request)
    if not differing:
        return Repetition(release)
    raise ReleaseConflict(
        release.id,
        f"the same version of {release.appid} was enqueued with another {', '.join(differing)}; {way_out}",
    )
