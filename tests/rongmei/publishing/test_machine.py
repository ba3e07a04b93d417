"""Whatever order workers, crashes, edits, recalls and faults come in: nothing is published twice, nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from rongmei.channels import TakenDown
from rongmei.errors import BadInput, CredentialRefused, OutcomeUnknown, Refused, TryLater
from rongmei.publishing import carry_out, confirm, order_recall, plan_publications, publish, settle, sweep

KEY = "cunchao/2026-06-06"
MOST_STORIES = 4


class Killed(BaseException):
    """The worker is gone: nothing of it catches this."""


FAULTS: dict[str, tuple[bool, BaseException] | None] = {
    "none": None,
    "answer lost, it is out": (True, OutcomeUnknown("没有回答")),
    "answer lost, it is not out": (False, OutcomeUnknown("没有回答")),
    "not now": (False, TryLater("忙")),
    "refused": (False, Refused("不收")),
    "credential": (False, CredentialRefused("令牌失效")),
    "killed after the effect": (True, Killed()),
    "killed before the effect": (False, Killed()),
}


class Machine(RuleBasedStateMachine):
    """One account on one platform in memory; `make`, `plan` and `connect` are set by the test."""

    make: ClassVar[Callable[[], Any]]
    plan: ClassVar[Any]
    connect: ClassVar[Any]

    def __init__(self) -> None:
        super().__init__()
        self.context = type(self).make()
        self.newsroom, self.platform = self.context.__enter__()
        self.newsroom.open()
        self.gone: set[str] = set()
        self.platform.recall = self.take_down
        self.platform.is_gone = lambda line, posted: posted.fingerprint in self.gone
        self.stories: list[int] = []

    def take_down(self, line: Any, posted: Any) -> TakenDown:
        assert (line.account, posted.fingerprint) in self.platform.posts
        self.gone.add(posted.fingerprint)
        return TakenDown("deleted", "ok")

    @initialize()
    def a_story(self) -> None:
        self.file()

    @precondition(lambda self: len(self.stories) < MOST_STORIES)
    @rule()
    def file(self) -> None:
        title = f"第 {len(self.stories) + 1} 条：东城队获胜"
        self.stories.append(self.newsroom.sign_off(title))
        plan_publications(self.newsroom.ledger, self.plan, KEY, now=self.newsroom.time.now)

    @rule(fault=st.sampled_from(sorted(FAULTS)), again=st.sampled_from(sorted(FAULTS)))
    def work(self, fault: str, again: str) -> None:
        self.platform.send_faults += [found for name in (fault, again) if (found := FAULTS[name])]
        with suppress(Killed):
            self.publish()
        self.platform.send_faults.clear()

    @rule(minutes=st.sampled_from([1, 3, 16, 40]))
    def wait(self, minutes: int) -> None:
        self.newsroom.time.pass_(minutes=minutes)

    @rule()
    def look(self) -> None:
        settle(self.newsroom.ledger, self.plan, KEY, "wechat", connect=type(self).connect, clock=self.newsroom.time)
        confirm(self.newsroom.ledger, self.plan, KEY, "wechat", connect=type(self).connect, clock=self.newsroom.time)

    @rule(which=st.integers(0, MOST_STORIES - 1))
    def edit(self, which: int) -> None:
        if which < len(self.stories):
            self.newsroom.edit(self.stories[which], f"第 {which + 1} 条改过")
            plan_publications(self.newsroom.ledger, self.plan, KEY, now=self.newsroom.time.now)

    @rule(which=st.integers(0, MOST_STORIES - 1))
    def recall(self, which: int) -> None:
        if which < len(self.stories):
            now = self.newsroom.time.now
            with suppress(BadInput):
                order_recall(self.newsroom.ledger, self.plan, self.stories[which], by="孙终", why="有误", now=now)
            self.amend()

    def publish(self) -> None:
        publish(
            self.newsroom.ledger,
            self.plan,
            KEY,
            "wechat",
            connect=type(self).connect,
            settings=self.newsroom.settings,
            clock=self.newsroom.time,
            workers=1,
        )

    def amend(self) -> None:
        carry_out(
            self.newsroom.ledger,
            self.plan,
            rehearsal=False,
            connect=type(self).connect,
            media=self.newsroom.settings.media,
            clock=self.newsroom.time,
            read=lambda *_, **__: 404,
        )

    @invariant()
    def nothing_is_out_twice(self) -> None:
        assert max(Counter(self.platform.posts).values(), default=0) <= 1

    @invariant()
    def what_is_said_to_be_out_is_out(self) -> None:
        out = {fingerprint for _, fingerprint in self.platform.posts}
        for one in self.newsroom.publications():
            if one.state in ("accepted", "live", "recalled"):
                assert one.fingerprint in out
            if one.state == "recalled":
                assert one.fingerprint in self.gone

    def teardown(self) -> None:
        try:
            self.in_the_end_all_is_settled()
        finally:
            self.context.__exit__(None, None, None)

    def in_the_end_all_is_settled(self) -> None:
        for _ in range(12):
            self.newsroom.time.pass_(minutes=20)
            sweep(
                self.newsroom.ledger, self.plan, rehearsal=False, connect=type(self).connect, clock=self.newsroom.time
            )
            self.publish()
            self.amend()
        self.nothing_is_out_twice()
        self.what_is_said_to_be_out_is_out()
        out = {fingerprint for _, fingerprint in self.platform.posts}
        for one in self.newsroom.publications():
            assert one.state in ("live", "failed", "missed", "cancelled", "recalled"), (one.state, one.last_error)
            if one.fingerprint in out:
                # What readers have seen is known to be out, whatever the last answer said.
                assert one.state in ("live", "recalled"), (one.state, one.last_error)
            elif one.state == "failed":
                assert one.last_error


@pytest.mark.parametrize("name", ["single", "bundle"])
def test_any_interleaving_ends_well(name: str, fresh_newsroom, planned, connect, kinds) -> None:
    facts = {
        "make": partial(fresh_newsroom, kinds[name]),
        "plan": planned(channels=["wechat"], accounts="author"),
        "connect": staticmethod(connect),
    }
    run_state_machine_as_test(
        type("Machine", (Machine,), facts),
        settings=settings(
            max_examples=10, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
