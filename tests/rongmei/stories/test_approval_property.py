"""Whatever the order of filing, editing and reviewing: signed off means three passes by three people on that hash."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from rongmei.errors import RongmeiError
from rongmei.ledger import Review, Story
from rongmei.ledger.tables import REVIEW_STAGES

PEOPLE = {"first_review": ("lin", "chen"), "second_review": ("chen", "zhao"), "final_review": ("wang", "lin")}
TEXTS = tuple(f"第 {n} 稿，" + "东城队昨晚战胜南城队。" * 10 for n in range(3))


class Desk(RuleBasedStateMachine):
    """An outlet files any of three texts; anyone decides anything in any stage, on any hash that was ever shown."""

    open: ClassVar[Callable[[], Any]]

    def __init__(self) -> None:
        super().__init__()
        self.room = type(self).open()
        self.assignment = self.room.assignment()
        self.seen: list[str] = []

    @rule(text=st.sampled_from(TEXTS))
    def file(self, text: str) -> None:
        self.room.drop_story(self.assignment, body=text)
        self.room.take_in()

    @rule(
        data=st.data(),
        look=st.sampled_from((True, True, False)),
        elsewhere=st.sampled_from((None,) * 9 + REVIEW_STAGES),
        by=st.sampled_from((0, 0, 0, 1, 1, 1, 2)),
        decision=st.sampled_from(("pass",) * 8 + ("return", "reject")),
        known=st.booleans(),
    )
    def decide(
        self, data: st.DataObject, look: bool, elsewhere: str | None, by: int, decision: str, known: bool
    ) -> None:
        state = self.look() if look else self.state()
        stage = elsewhere or (state if state in REVIEW_STAGES else REVIEW_STAGES[0])
        if not self.seen:
            return
        content_hash = data.draw(st.sampled_from(self.seen[::-1]))
        parts: dict[str, Any] = {"passed": {1: content_hash}} if decision == "pass" else {"opinions": {1: "意见"}}
        if decision == "reject":
            parts["rejected"] = (1,)
        if known:
            parts["seen"] = {1: content_hash}
        with suppress(RongmeiError):
            self.room.review(stage, (*PEOPLE[stage], "qian")[by], **parts)

    def look(self) -> str:
        """Make every sheet, as often as people open the page."""
        for stage in REVIEW_STAGES:
            for item in self.room.sheet(stage).items:
                if item.content_hash not in self.seen:
                    self.seen.append(item.content_hash)
        return self.state()

    def state(self) -> str:
        with self.room.ledger.read() as session:
            return session.scalar(select(Story.state)) or ""

    @invariant()
    def signed_off_means_three_people_on_this_hash(self) -> None:
        with self.room.ledger.read() as session:
            story = session.scalar(select(Story))
            if story is None:
                return
            own = (Review.story_id == story.id, Review.content_hash == story.current_hash)
            reviews = session.scalars(select(Review).where(*own)).all()
            passes = {review.stage: review.reviewer for review in reviews if review.decision == "pass"}
            done = set(passes) == set(REVIEW_STAGES) and len(set(passes.values())) == 3
            assert (story.state == "signed_off") == done
            assert (story.signed_off_at is not None) == done
            if story.state in {"filed", *REVIEW_STAGES}:
                before = REVIEW_STAGES.index(story.state) if story.state != "filed" else 0
                assert set(passes) == set(REVIEW_STAGES[:before])
                assert len(reviews) == before

    def teardown(self) -> None:
        self.room.ledger.close()


def test_no_edit_keeps_an_approval(open_newsroom: Callable[[Path], Any], tmp_path: Path) -> None:
    numbers = itertools.count()
    Desk.open = staticmethod(lambda: open_newsroom(tmp_path / str(next(numbers))))
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=30,
            stateful_step_count=15,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
