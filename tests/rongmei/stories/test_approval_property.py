"""Whatever the order of filing, editing, grading and reviewing: signed off means signed by all it takes, on that hash.

It takes three people; of a sensitive story also both confirmations; of a major topic also an approved filing and a
fourth person.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from rongmei.config.models import GradeRules, Grading
from rongmei.errors import RongmeiError
from rongmei.ledger import Filing, Review, Story
from rongmei.ledger.tables import GRADES, REVIEW_STAGES
from rongmei.stories import CHECKS
from rongmei.stories.confirmations import confirmations

PEOPLE = {
    "first_review": ("lin", "chen"),
    "second_review": ("chen", "zhao"),
    "final_review": ("wang", "lin"),
    "countersign": ("sun", "wang"),
}
TEXTS = (
    "第一稿，" + "东城队昨晚战胜南城队。" * 10,
    "第二稿，" + "东城队昨晚战胜南城队。" * 10,
    "遇难者家属已得到安置。" * 10,
    "两地的边界争端由来已久。" * 10,
)
GRADING = Grading(sensitive=GradeRules(words=("遇难者",)), major=GradeRules(words=("边界争端",)))
MOSTLY = st.sampled_from((True, True, True, False))
NEEDED = {"ordinary": 3, "sensitive": 3, "major": 4}


class Desk(RuleBasedStateMachine):
    """An outlet files any of four texts; anyone decides anything in any stage, on any hash that was ever shown."""

    open: ClassVar[Callable[[], Any]]

    def __init__(self) -> None:
        super().__init__()
        self.room = type(self).open()
        self.assignment = self.room.assignment()
        self.seen: list[str] = []

    @initialize(text=st.sampled_from(TEXTS), grade=st.sampled_from(GRADES))
    def begin(self, text: str, grade: str) -> None:
        self.file(text)
        with suppress(RongmeiError):
            self.room.grade(1, grade)

    @rule(text=st.sampled_from(TEXTS), sure=st.sampled_from((True, False, False)))
    def edit(self, text: str, sure: bool) -> None:
        if sure:
            self.file(text)

    def file(self, text: str) -> None:
        self.room.drop_story(self.assignment, body=text)
        self.room.take_in()

    @rule(grade=st.sampled_from(GRADES), by=st.sampled_from(("wang", "chen", "sun")), sure=st.integers(0, 3))
    def regrade(self, grade: str, by: str, sure: int) -> None:
        if sure == 0:
            with suppress(RongmeiError):
                self.room.grade(1, grade, by)

    @rule(state=st.sampled_from(("applied", "approved", "approved", "refused")))
    def report(self, state: str) -> None:
        with suppress(RongmeiError):
            self.room.file_topic(1, state)

    @rule(
        data=st.data(),
        look=st.sampled_from((True, True, False)),
        elsewhere=st.sampled_from((None,) * 9 + REVIEW_STAGES),
        by=st.sampled_from((0, 0, 0, 1, 1, 1, 2)),
        decision=st.sampled_from(("pass",) * 10 + ("return", "reject")),
        known=st.booleans(),
        confirmed=st.sampled_from(((), ("facts",), tuple(CHECKS), tuple(CHECKS))),
    )
    def decide(
        self,
        data: st.DataObject,
        look: bool,
        elsewhere: str | None,
        by: int,
        decision: str,
        known: bool,
        confirmed: tuple[str, ...],
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
            self.room.review(stage, (*PEOPLE[stage], "qian")[by], confirmed={1: confirmed}, **parts)

    @rule(by=st.sampled_from((0, 0, 1)), steps=st.integers(2, 4), report=MOSTLY, confirm=MOSTLY)
    def go_on(self, by: int, steps: int, report: bool, confirm: bool) -> None:
        """As a desk does that means well, and forgets one thing or the other."""
        for _ in range(steps):
            state = self.look()
            with suppress(RongmeiError):
                self.room.file_topic(1, "applied")
                if report:
                    self.room.file_topic(1, "approved")
            if state in REVIEW_STAGES:
                current = self.room.story(1).current_hash
                checks = {1: tuple(CHECKS)} if confirm else {}
                with suppress(RongmeiError):
                    self.room.review(state, PEOPLE[state][by], passed={1: current}, confirmed=checks)

    def look(self) -> str:
        """Make the sheets that there may be something on, as often as people open the page."""
        for stage in dict.fromkeys((REVIEW_STAGES[0], self.state())):
            if stage not in REVIEW_STAGES:
                continue
            with suppress(RongmeiError):
                for item in self.room.sheet(stage).items:
                    if item.content_hash not in self.seen:
                        self.seen.append(item.content_hash)
        return self.state()

    def state(self) -> str:
        with self.room.ledger.read() as session:
            return session.scalar(select(Story.state)) or ""

    @invariant()
    def signed_off_means_all_it_takes_on_this_hash(self) -> None:
        with self.room.ledger.read() as session:
            story = session.scalar(select(Story))
            if story is None:
                return
            own = (Review.story_id == story.id, Review.content_hash == story.current_hash)
            reviews = session.scalars(select(Review).where(*own)).all()
            passes = {review.stage: review.reviewer for review in reviews if review.decision == "pass"}
            assert (story.signed_off_at is not None) == (story.state == "signed_off")
            if story.state == "signed_off":
                reached.add(story.grade)
                assert set(passes) >= set(REVIEW_STAGES[: NEEDED[story.grade]])
                assert len(set(passes.values())) == len(passes)
                made = confirmations(session, (story.id,)).get((story.id, story.current_hash), ())
                assert story.grade == "ordinary" or {one.check for one in made} == set(CHECKS)
                last = session.scalars(select(Filing.state).order_by(Filing.id.desc())).first()
                assert story.grade != "major" or last == "approved"
            elif story.state in {"filed", *REVIEW_STAGES}:
                before = REVIEW_STAGES.index(story.state) if story.state != "filed" else 0
                assert set(passes) == set(REVIEW_STAGES[:before])
                assert len(reviews) == before

    def teardown(self) -> None:
        self.room.ledger.close()


reached: set[str] = set()
"""The grades of the stories that were signed off in a run of the test."""


def test_nothing_is_signed_off_without_all_it_takes(
    open_newsroom: Callable[[Path], Any], campaign_with: Callable[..., Any], tmp_path: Path
) -> None:
    numbers = itertools.count()
    campaign = campaign_with(countersign=PEOPLE["countersign"], grading=GRADING)

    def open_one() -> Any:
        room = open_newsroom(tmp_path / str(next(numbers)))
        room.plan = room.plan._replace(campaign=campaign)
        return room

    Desk.open = staticmethod(open_one)
    reached.clear()
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=12,
            stateful_step_count=14,
            deadline=None,
            database=None,
            derandomize=True,
            # Shrinking one of these takes minutes; the way that is printed is short enough.
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
    # A machine that never gets there would prove nothing.
    assert reached == {"ordinary", "sensitive", "major"}
