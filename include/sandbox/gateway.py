"""The HTTP side of a platform: reads a call, lets a fault strike or the handler answer, commits, then answers."""

from __future__ import annotations

import time
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.connections import drop, hold
from sandbox.dating import dated
from sandbox.faults import WIRE_KINDS, Fault
from sandbox.spoiling import spoiled
from sandbox.wire import BodyTooLargeError, Call, Platform, Refusal, bounded, read_call
from sandbox.world import World

_WITHOUT_EFFECT = ("refuse", "server_error", "error", "expired_token")


class _Undone(Exception):
    """Takes back what a call has changed; carries the answer it gave all the same."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class Gateway:
    """One platform as an ASGI application, mounted under ``/<platform>`` and where else it answers."""

    def __init__(self, world: World, platform: Platform) -> None:
        self._world = world
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.monotonic()
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
        caller = call.account.id if call.account else ""
        await self._world.latency.keep_back(f"{caller}/{self._platform.name}", begun)
        await reply(scope, receive, dated(send, lambda: self._world.clock.now() + call.skew) if call.skew else send)

    def _register(self, call: Call) -> Fault | None:
        """Count the call under its account and see whether a fault strikes it."""
        with self._world.store.transaction():
            call.account = self._platform.identify(call)
            found = self._platform.routes.find(call.path)
            call.route = found[0].template if found else call.path
            call.publishing = f"{call.method} {call.route}" in self._platform.publishing
            self._world.store.note_call(
                self._platform.name, call.method, call.route, call.account.id if call.account else ""
            )
            skew = call.fault("clock_skew")
            call.skew = (skew.seconds or 0.0) if skew else 0.0
            return call.fault(*WIRE_KINDS)

    async def _reply(self, call: Call, fault: Fault | None, receive: Receive) -> ASGIApp:
        """The answer, or what comes instead of one."""
        if fault is None:
            return await run_in_threadpool(self._perform, call)
        if fault.word or fault.kind in _WITHOUT_EFFECT:
            return self._refused(call, fault)
        if fault.kind == "slow":
            await hold(receive, fault.wait)
            return await run_in_threadpool(self._perform, call)
        answer = await run_in_threadpool(self._perform if fault.performs else self._pretend, call)
        if fault.kind == "timeout":
            await hold(receive, fault.wait)
        return spoiled(answer, fault)

    def _refused(self, call: Call, fault: Fault) -> ASGIApp:
        """The answer to a call that is not carried out."""
        if fault.kind == "expired_token":
            return self._platform.expired(call)
        if fault.word:
            code, text = self._platform.words[fault.word]
            return self._platform.refuse(call, code, fault.message or text)
        if fault.kind == "error":
            return self._platform.refuse(call, None if fault.code is None else str(fault.code), fault.message)
        if fault.kind == "server_error":
            return PlainTextResponse("Internal Server Error", fault.status or 500)
        return PlainTextResponse("Service Unavailable", fault.status) if fault.status else drop

    def _pretend(self, call: Call) -> Response:
        """What the call would be answered, without its effect."""
        try:
            with self._world.store.transaction():
                raise _Undone(self._perform(call))
        except _Undone as undone:
            return undone.response

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
