"""The way of one WeChat request through the simulator: record, fault, world, answer."""

import asyncio

from aiohttp import web

from simulator.api.endpoint import Endpoint
from simulator.api.visit import Visit, visit_of
from simulator.control.faults import Fault, until
from simulator.http import answers, gateway, wire
from simulator.http.gateway import Outcome
from simulator.world.calls import CallRecord
from simulator.world.world import World

MS_A_SECOND = 1000


async def serve(world: World, request: web.BaseRequest, endpoint: Endpoint, query: str) -> web.StreamResponse:
    """Answer a request to one of WeChat's endpoints."""
    visit = visit_of(endpoint, request.method, query, await request.content.read())
    appid = visit.appid(world)
    record = world.calls.arrive(
        at=world.clock.now(), endpoint=endpoint.short, appid=appid, action=visit.action, body=visit.said
    )
    fault = world.faults.take(endpoint.short, appid, visit.action)
    if fault is None:
        outcome = await _apply(world, visit, record, wait_s=0)
        body = answers.dump(outcome.document)
        return wire.whole(world.clock, body, content_type=outcome.content_type(world.platform.content_type))
    return await _serve_faulty(world, request, visit, record, fault)


async def _serve_faulty(
    world: World, request: web.BaseRequest, visit: Visit, record: CallRecord, fault: Fault
) -> web.StreamResponse:
    record.fault = fault.kind
    # From now on: the faults may be forgotten while the call is being applied.
    cleared = world.faults.cleared
    outcome = _replacement(fault)
    if fault.applies:
        wait_s = fault.seconds if fault.kind == "delay_before" else 0
        applied = await _apply(world, visit, record, wait_s=wait_s)
        outcome = outcome or applied
    elif outcome is not None:
        record.errcode = outcome.errcode
    if fault.kind == "delay":
        await asyncio.sleep(fault.seconds)
    if fault.kind == "interim":
        wire.hint(request, fault.interim)
        await asyncio.sleep(fault.seconds)
    if fault.kind == "hold":
        await until(cleared, fault.seconds)
    outcome = outcome or gateway.refuse(-1)
    content_type = outcome.content_type(world.platform.content_type)
    return await wire.spoilt(request, world.clock, fault, outcome, content_type)


def _replacement(fault: Fault) -> Outcome | None:
    """Give the answer that stands in for WeChat's own, where the fault brings one."""
    if fault.kind not in ("errcode", "invalid_json"):
        return None
    return Outcome(fault.errcode, answers.refusal(fault.errcode, fault.fields, fault.errmsg))


async def _apply(world: World, visit: Visit, record: CallRecord, *, wait_s: float) -> Outcome:
    wait_s += world.platform.latency_ms / MS_A_SECOND
    mini = world.miniprograms.get(record.appid or "") if visit.endpoint.exclusive else None
    if mini is not None and mini.is_busy:
        outcome = gateway.refuse(9402202)
    elif wait_s <= 0:
        outcome = gateway.apply(world, visit)
    else:
        if mini is not None:
            mini.is_busy = True
        try:
            await asyncio.sleep(wait_s)
            outcome = gateway.apply(world, visit)
        finally:
            if mini is not None:
                mini.is_busy = False
    record.errcode = outcome.errcode
    if outcome.errcode == 0:
        world.calls.applied(record, at=world.clock.now())
    return outcome
