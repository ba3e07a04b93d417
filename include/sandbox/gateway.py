"""The HTTP side of a platform: reads a call, lets a fault strike or the handler answer, commits, then answers."""

from __future__ import annotations

from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.connections import drop, hold
from sandbox.faults import WIRE_KINDS, Fault
from sandbox.wire import BodyTooLargeError, Call, Platform, Refusal, bounded, read_call
from sandbox.world import World


class Gateway:
    """One platform as an ASGI application, mounted under ``/<platform>`` and where else it answers."""

    def __init__(self, world: World, platform: Platform) -> None:
        self._world = world
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = Request(scope, bounded(receive, self._platform.max_body_bytes))
            call = await read_call(request, self._world, self._platform.name)
            call.path = self._platform.locate(call)
        except HTTPException as error:
            await PlainTextResponse(str(error.detail), error.status_code)(scope, receive, send)
            return
        except BodyTooLargeError:
            await PlainTextResponse("Request Entity Too Large", 413)(scope, receive, send)
            return
        fault = await run_in_threadpool(self._register, call)
        reply = await self._reply(call, fault, receive)
        if reply is None:
            await drop(scope, receive)
        else:
            await reply(scope, receive, send)

    def _register(self, call: Call) -> Fault | None:
        """Count the call under its account and see whether a fault strikes it."""
        with self._world.store.transaction():
            call.account = self._platform.identify(call)
            found = self._platform.routes.find(call.path)
            self._world.store.note_call(
                self._platform.name,
                call.method,
                found[0].template if found else call.path,
                call.account.id if call.account else "",
            )
            return call.fault(*WIRE_KINDS)

    async def _reply(self, call: Call, fault: Fault | None, receive: Receive) -> Response | None:
        """The answer, or None if the connection is to be closed without one."""
        if fault is None:
            return await run_in_threadpool(self._perform, call)
        if fault.kind in ("refuse", "error", "expired_token"):
            return self._undone(call, fault)
        if fault.kind == "slow":
            await hold(receive, fault.seconds)
            return await run_in_threadpool(self._perform, call)
        if fault.kind != "timeout" or fault.perform:
            await run_in_threadpool(self._perform, call)
        if fault.kind == "server_error_after":
            return PlainTextResponse("Internal Server Error", fault.status or 500)
        if fault.kind == "timeout":
            await hold(receive, fault.seconds)
        return None

    def _undone(self, call: Call, fault: Fault) -> Response | None:
        if fault.kind == "expired_token":
            return self._platform.expired(call)
        if fault.kind == "error":
            return self._platform.refuse(call, None if fault.code is None else str(fault.code), fault.message)
        return PlainTextResponse("Service Unavailable", fault.status) if fault.status else None

    def _perform(self, call: Call) -> Response:
        with self._world.store.transaction():
            now = self._world.clock.now()
            self._world.settle(now)
            found = self._platform.routes.find(call.path)
            if found is None:
                return self._platform.unrouted(call, None)
            route, params = found
            handler = route.handlers.get(call.method)
            if handler is None:
                return self._platform.unrouted(call, frozenset(route.handlers))
            try:
                return handler(replace(call, now=now, params=params))
            except Refusal as refusal:
                return refusal.response
