"""Records decisions of the reviews: each is one person's, in one stage, on the content hash that they saw.

Nothing here looks at a clock to decide: a review that nobody makes leaves the story where it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.clock import local_date, spoken
from rongmei.config import Plan
from rongmei.errors import BadInput, WrongState
from rongmei.ledger import Assignment, Edition, Ledger, Review, Story, StoryVersion, get_edition, move
from rongmei.stories.checks import blocking
from rongmei.stories.confirmations import ASKED_IN, CHECKS, confirm, confirmations, missing
from rongmei.stories.filings import APPROVED, REFUSED, filing_state, latest_filings, undecided
from rongmei.stories.opinions import MAX_OPINION
from rongmei.stories.returns import queue_returns
from rongmei.stories.signatures import STANDS_FOR, in_place_of
from rongmei.stories.stages import (
    DECISION_NAMES,
    MAJOR,
    STAGE_NAMES,
    after,
    person_name,
    stage_name,
    stage_people,
    stands_in_for,
    with_deputies,
)
from rongmei.stories.versions import is_out
from rongmei.text.normalise import clean_text

_BECOMES: Final = {"return": "returned", "reject": "rejected"}


@dataclass(frozen=True)
class ReviewSummary:
    """Story ids by what was decided; a run again with the same decisions says the same.

    Attributes:
        stale: stories that had moved on to another version or state; nothing was decided about them.
        problems: outlets that cannot be told by mail, and who must act, a line each.
    """

    passed: tuple[int, ...] = ()
    returned: tuple[int, ...] = ()
    rejected: tuple[int, ...] = ()
    stale: tuple[int, ...] = ()
    problems: tuple[str, ...] = ()


class _Reviewer(NamedTuple):
    """Who decides.

    Attributes:
        absent: ids of those in whose place.
        remark: the same for people to read: （代 林初）.
    """

    id: str
    absent: tuple[str, ...]
    remark: str


@dataclass(frozen=True)
class _Decision:
    """What the reviewer decided about a version; `version` is None for a hash the story never had."""

    story: Story
    version: StoryVersion | None
    content_hash: str
    decision: str
    opinion: str
    recorded: Review | None
    live: bool


def record_reviews(
    ledger: Ledger,
    plan: Plan,
    key: str,
    stage: str,
    *,
    by: str,
    passed: Mapping[int, str],
    opinions: Mapping[int, str],
    rejected: Collection[int],
    now: datetime,
    seen: Mapping[int, str] | None = None,
    confirmed: Mapping[int, Collection[str]] | None = None,
) -> ReviewSummary:
    """Record one person's decisions on a sheet, all of them or, on an error, none.

    What the outlets of stories that did not pass are to read is put into the outbox with them, see `returns`.

    Args:
        by: id of the reviewer, who is of the stage's people or stands in for one of them today.
        passed: content hash, as on the sheet, of each story that passes.
        opinions: by story id; needed for every story that does not pass.
        rejected: ids of the stories that are rejected for good.
        seen: content hash of every story that was on the sheet. What is on it and neither passed nor rejected is
            returned. None takes the stories that are in the stage now, so give it where the sheet is known.
        confirmed: keys of `confirmations.CHECKS` by story id, which the person confirms of what passes.

    Raises:
        BadInput: no such edition, stage or story; the person may not review in this stage, or did so in another one;
            an opinion is missing; a version blocked by the checks is to pass, or one of a higher grade in the last
            stages without its confirmations or filing; the decisions contradict each other.
        WrongState: somebody else decided about one of these versions in this stage, or the same person otherwise.
    """
    name = stage_name(stage)
    absent = stands_in_for(plan, stage, by, local_date(now))
    plan = with_deputies(plan, local_date(now))
    if by not in stage_people(plan, stage):
        allowed = "、".join(person_name(plan, person) for person in stage_people(plan, stage))
        raise BadInput(f"{person_name(plan, by)}不在{name}名单里", where=plan.campaign.name, mend=f"由 {allowed} 来审")
    _check_consistent(passed, opinions, rejected, seen)
    confirmed = confirmed or {}
    with ledger.begin() as session:
        edition = get_edition(session, key)
        sheet = _sheet(session, edition, stage, passed, opinions, rejected, seen)
        decisions = _decisions(session, edition, stage, sheet, passed, opinions, rejected)
        _check_untaken(plan, stage, by, decisions)
        live = [decision for decision in decisions if decision.live]
        _check_three_people(session, stage, by, live)
        _check_opinions(live)
        _check_blocked(live)
        _check_graded(session, stage, live, confirmed)
        _check_not_out(session, live)
        for decision in live:
            reviewer = _Reviewer(by, absent, in_place_of(plan, absent))
            _record(session, stage, reviewer, decision, confirmed.get(decision.story.id, ()), now=now)
        returned = [decision.story for decision in live if decision.decision != "pass"]
        problems = queue_returns(session, plan, edition, stage, returned, now=now)
    return replace(_summary(decisions), problems=problems)


def _check_consistent(
    passed: Mapping[int, str], opinions: Mapping[int, str], rejected: Collection[int], seen: Mapping[int, str] | None
) -> None:
    if both := sorted(set(passed) & set(rejected)):
        raise BadInput(f"{_listed(both)} 既勾了通过又写了否决", where="审稿单", mend="二者只留其一")
    if seen is None:
        return
    if strange := sorted({*passed, *opinions, *rejected} - set(seen)):
        raise BadInput(f"{_listed(strange)} 不在审稿单上", where="审稿单", mend="核对稿件编号")
    if other := sorted(story for story, content_hash in passed.items() if seen[story] != content_hash):
        raise BadInput(f"{_listed(other)} 的指纹与审稿单不符", where="审稿单", mend="重新打开审稿单再审")


def _sheet(
    session: Session,
    edition: Edition,
    stage: str,
    passed: Mapping[int, str],
    opinions: Mapping[int, str],
    rejected: Collection[int],
    seen: Mapping[int, str] | None,
) -> dict[int, str]:
    """Content hashes by story id of everything to decide about."""
    if seen is not None:
        return dict(sorted(seen.items()))
    named = {*passed, *opinions, *rejected}
    wanted = select(Story.id, Story.current_hash).where(
        Story.edition_id == edition.id, (Story.state == stage) | Story.id.in_(named)
    )
    current = {story_id: content_hash or "" for story_id, content_hash in session.execute(wanted)}
    for story_id in _waiting_for_filing(session, stage, set(current) - named):
        del current[story_id]
    return dict(sorted({**current, **passed, **dict.fromkeys(named - set(current) - set(passed), "")}.items()))


def _waiting_for_filing(session: Session, stage: str, ids: Collection[int]) -> list[int]:
    """Major topics that cannot be decided about before the authority has answered."""
    if stage not in ASKED_IN:
        return []
    filings = latest_filings(session, ids)
    found = session.scalars(select(Story).where(Story.id.in_(ids), Story.grade == MAJOR))
    return [story.id for story in found if undecided(story, filings.get(story.id))]


def _decisions(
    session: Session,
    edition: Edition,
    stage: str,
    sheet: Mapping[int, str],
    passed: Mapping[int, str],
    opinions: Mapping[int, str],
    rejected: Collection[int],
) -> list[_Decision]:
    # Locked in the order of their ids, so that two reviewers wait for each other and never deadlock.
    wanted = select(Story).where(Story.edition_id == edition.id, Story.id.in_(sheet)).order_by(Story.id)
    stories = {story.id: story for story in session.scalars(wanted.with_for_update())}
    if missing := sorted(set(sheet) - set(stories)):
        raise BadInput(f"本期没有稿件 {_listed(missing)}", where="审稿单", mend="核对稿件编号")
    decisions = []
    for story_id, content_hash in sheet.items():
        story = stories[story_id]
        of_version = (StoryVersion.story_id == story_id, StoryVersion.content_hash == content_hash)
        of_stage = (Review.story_id == story_id, Review.content_hash == content_hash, Review.stage == stage)
        decision = "pass" if story_id in passed else "reject" if story_id in rejected else "return"
        version = session.scalar(select(StoryVersion).where(*of_version))
        opinion = clean_text(opinions.get(story_id, ""), MAX_OPINION)
        decisions.append(
            _Decision(
                story=story,
                version=version,
                content_hash=content_hash,
                decision=decision,
                opinion=opinion if opinion or decision == "pass" else _said_by_house(session, story, version),
                recorded=session.scalar(select(Review).where(*of_stage)),
                live=story.state == stage and story.current_hash == content_hash,
            )
        )
    return decisions


def _said_by_house(session: Session, story: Story, version: StoryVersion | None) -> str:
    """What the checks or the authority have against a version: who just returns it need not write it again."""
    if found := blocking(version) if version else ():
        return f"预检未过：{'；'.join(finding.message for finding in found)}"
    filing = latest_filings(session, (story.id,)).get(story.id) if story.grade == MAJOR else None
    return f"重大选题备案{filing_state(filing)}" if filing and filing.state == REFUSED else ""


def _check_untaken(plan: Plan, stage: str, by: str, decisions: Iterable[_Decision]) -> None:
    for decision in decisions:
        row = decision.recorded
        if row and (row.reviewer, row.decision) != (by, decision.decision):
            who, what = person_name(plan, row.reviewer), DECISION_NAMES[row.decision]
            when = spoken(row.decided_at)
            raise WrongState(
                f"稿件 #{decision.story.id} 的{STAGE_NAMES[stage]}已由{who}于 {when} 决定：{what}，不能再改"
            )


def _check_three_people(session: Session, stage: str, by: str, live: Iterable[_Decision]) -> None:
    for decision in live:
        earlier = select(Review.stage).where(
            Review.story_id == decision.story.id,
            Review.content_hash == decision.content_hash,
            Review.reviewer == by,
            Review.stage != stage,
        )
        if done := session.scalars(earlier).first():
            what = f"你已经做了稿件 #{decision.story.id} 这一版的{STAGE_NAMES[done]}，不能再做{STAGE_NAMES[stage]}"
            raise BadInput(what, where="审稿单", mend="各审级须由不同的人来审，请换一个人")


def _check_opinions(live: Iterable[_Decision]) -> None:
    if silent := [d.story.id for d in live if d.decision != "pass" and not d.opinion]:
        mend = f"每条意见一行，以编号开头，例如：{silent[0]} 标题不准确"
        raise BadInput(f"{_listed(silent)} 没有通过，却没有写意见", where="审稿单", mend=mend)


def _check_blocked(live: Iterable[_Decision]) -> None:
    for decision in live:
        if decision.decision == "pass" and decision.version and (found := blocking(decision.version)):
            where = f"稿件 #{decision.story.id}"
            raise BadInput(f"预检未过，不能通过：{found[0].message}", where=where, mend="退回给媒体修改")


def _check_graded(
    session: Session, stage: str, live: Iterable[_Decision], confirmed: Mapping[int, Collection[str]]
) -> None:
    """Nothing of a higher grade passes the last stages without its confirmations and, a major topic, its filing."""
    passing = {d.story.id: d for d in live if d.decision == "pass"}
    if stage not in ASKED_IN or not passing:
        return
    made, filings = confirmations(session, passing), latest_filings(session, passing)
    for story_id, decision in passing.items():
        where, story = f"稿件 #{story_id}", decision.story
        lacking = missing(story.grade, made.get((story_id, decision.content_hash), ()))
        if left := [CHECKS[check] for check in lacking if check not in confirmed.get(story_id, ())]:
            mend = "核对过以后，在表单里勾上这篇稿件"
            raise BadInput(f"{STAGE_NAMES[stage]}通过之前，还没有人确认{'、'.join(left)}", where=where, mend=mend)
        filing = filings.get(story_id)
        if story.grade == MAJOR and (filing is None or filing.state != APPROVED):
            mend = f"获准后登记 rongmei stories file-topic {story_id}，再审"
            raise BadInput(f"重大选题，备案{filing_state(filing)}，不能通过", where=where, mend=mend)


def _check_not_out(session: Session, live: Iterable[_Decision]) -> None:
    """A rejected story takes nothing more, so one that readers see cannot become one."""
    for decision in live:
        if decision.decision == "reject" and is_out(session, decision.story):
            where = f"稿件 #{decision.story.id}"
            raise BadInput("这是已发稿件的更正，不能否决", where=where, mend="退回给媒体再改；整篇不该在外面，走撤稿")


def _record(
    session: Session, stage: str, by: _Reviewer, decision: _Decision, confirmed: Collection[str], *, now: datetime
) -> None:
    story, what = decision.story, decision.decision
    if what == "pass":
        confirm(session, story, decision.content_hash, confirmed, by=by.id, remark=by.remark, now=now)
    session.add(
        Review(
            story_id=story.id,
            content_hash=decision.content_hash,
            stage=stage,
            reviewer=by.id,
            decision=what,
            opinion=decision.opinion,
            decided_at=now,
        )
    )
    to = _BECOMES.get(what, after(stage, story.grade))
    changes: dict[str, Any] = {"signed_off_at": now} if to == "signed_off" else {}
    said = f"：{decision.opinion}" if decision.opinion else ""
    why = f"{STAGE_NAMES[stage]}{DECISION_NAMES[what]}{by.remark}{said}"
    detail = {"hash": decision.content_hash, **({STANDS_FOR: list(by.absent)} if by.absent else {})}
    move(session, story, stage, to, by=by.id, why=why, now=now, detail=detail, **changes)
    if to == "signed_off":
        assignment = session.get_one(Assignment, story.assignment_id)
        # Signed off a second time, after a new version, it is done already.
        if assignment.state == "filed":
            move(session, assignment, "filed", "done", by=by.id, why=f"稿件 #{story.id} 已签发", now=now)


def _summary(decisions: Iterable[_Decision]) -> ReviewSummary:
    ids: dict[str, list[int]] = {"pass": [], "return": [], "reject": [], "stale": []}
    for decision in decisions:
        ids[decision.decision if decision.live or decision.recorded else "stale"].append(decision.story.id)
    return ReviewSummary(tuple(ids["pass"]), tuple(ids["return"]), tuple(ids["reject"]), tuple(ids["stale"]))


def _listed(ids: Collection[int]) -> str:
    return "、".join(f"#{story}" for story in sorted(ids))
