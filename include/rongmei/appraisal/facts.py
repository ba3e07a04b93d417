"""What the ledger knows about each outlet's part in an edition: the facts the score is reckoned from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rongmei.ledger import CORRECTS, Assignment, Pitch, Publication, Review, Snapshot, Story, StoryVersion
from rongmei.ledger.anomalies import counted_figures, exclusions
from rongmei.ledger.numbers import holding

if TYPE_CHECKING:
    from rongmei.config import Cluster

T = TypeVar("T")

COUNTS = ("reads", "likes", "comments", "shares", "watching")
NEVER_WENT_OUT = frozenset({"cancelled", "recalled"})


@dataclass(frozen=True)
class Post:
    """A publication with its latest numbers; None is what the platform did not say.

    Attributes:
        author: the outlet whose story it is.
        host: the outlet on whose account it stands.
        followers: of that account, None when nobody has said.
        upper: for rounded figures the most that they can be, None for no bound; the counts hold the least.
    """

    story_id: int
    author: str
    host: str
    account: str
    channel: str
    state: str
    live_at: datetime | None
    followers: int | None
    reads: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    watching: int | None = None
    upper: Mapping[str, int | None] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Whether readers can see it."""
        return self.state == "live"


@dataclass(frozen=True)
class Task:
    """An assignment as its outlet dealt with it.

    Attributes:
        answered: in time (True), late or never (False), or not due yet (None).
        accepted: whether the outlet took it on.
        filed: "on_time", "late", "missing", or "open" while the deadline is not past.
        returned: how often a review sent the story back.
        rejected: whether a review refused it for good.
    """

    answered: bool | None
    accepted: bool
    filed: str
    returned: int = 0
    rejected: bool = False


@dataclass(frozen=True)
class Part:
    """One outlet's part in an edition.

    Attributes:
        posts: publications of its stories, on whosever account.
        hosted: other outlets' stories that stand live on its accounts.
        pitches: for each of its pitches "accepted", "joined" (merged into an accepted one), "held" or "other".
        supported: filed or finished assignments it was a partner in.
    """

    outlet: str
    posts: tuple[Post, ...] = ()
    tasks: tuple[Task, ...] = ()
    pitches: tuple[str, ...] = ()
    supported: int = 0
    hosted: int = 0
    stories: int = 0


def read_posts(session: Session, edition_id: int, cluster: Cluster, now: datetime) -> list[Post]:
    """Every publication of the edition that was meant to go out, with its latest snapshot up to `now`.

    Figures that a person excluded do not count.

    Correction notes are no work to be praised for, and are left out.
    """
    followers = {f"{outlet.id}/{account.channel}": account.followers for outlet, account in cluster.accounts()}
    rows = session.execute(
        select(Publication, Story.outlet, Snapshot)
        .join(Story, Story.id == Publication.story_id)
        .outerjoin(Snapshot, holding(Publication.id, until=now))
        .where(Publication.edition_id == edition_id, Publication.state.not_in(NEVER_WENT_OUT))
        .order_by(Publication.id)
    ).tuples()
    found = list(rows)
    excluded = exclusions(session, [publication.id for publication, _, _ in found])
    return [
        Post(
            story_id=publication.story_id,
            author=author,
            host=publication.outlet,
            account=publication.account,
            channel=publication.channel,
            state=publication.state,
            live_at=publication.live_at,
            followers=followers.get(publication.account),
            **_five(counted_figures(snapshot, excluded.get(publication.id, ()))),
            upper=dict(getattr(snapshot, "upper", None) or {}),
        )
        for publication, author, snapshot in found
        if CORRECTS not in publication.progress
    ]


def _five(figures: Mapping[str, int | None]) -> dict[str, int | None]:
    return {name: figures[name] for name in COUNTS}


def read_parts(session: Session, edition_id: int, posts: Sequence[Post], now: datetime) -> list[Part]:
    """The part of every outlet that pitched, was asked, filed, helped or hosted; by outlet id."""
    tasks = _tasks(session, edition_id, now)
    pitches = _pitches(session, edition_id)
    supported = _supported(session, edition_id)
    stories = Counter(session.scalars(select(Story.outlet).where(Story.edition_id == edition_id)))
    own = _by(posts, lambda post: post.author)
    carried = {(post.host, post.story_id) for post in posts if post.live and post.host != post.author}
    hosted = Counter(host for host, _ in carried)
    return [
        Part(
            outlet=outlet,
            posts=tuple(own.get(outlet, ())),
            tasks=tuple(tasks.get(outlet, ())),
            pitches=tuple(pitches.get(outlet, ())),
            supported=supported.get(outlet, 0),
            hosted=hosted[outlet],
            stories=stories[outlet],
        )
        for outlet in sorted({*own, *tasks, *pitches, *supported, *hosted, *stories})
    ]


def _by(things: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for thing in things:
        found[key(thing)].append(thing)
    return found


def _tasks(session: Session, edition_id: int, now: datetime) -> dict[str, list[Task]]:
    first_filed = (
        select(StoryVersion.story_id, func.min(StoryVersion.filed_at).label("at"))
        .group_by(StoryVersion.story_id)
        .subquery()
    )
    returns = (
        select(Review.story_id, func.count().label("times"))
        .where(Review.decision == "return")
        .group_by(Review.story_id)
        .subquery()
    )
    rows = session.execute(
        select(Assignment, Story.state, func.coalesce(first_filed.c.at, Story.filed_at), returns.c.times)
        .outerjoin(Story, Story.assignment_id == Assignment.id)
        .outerjoin(first_filed, first_filed.c.story_id == Story.id)
        .outerjoin(returns, returns.c.story_id == Story.id)
        .where(Assignment.edition_id == edition_id)
        .order_by(Assignment.id)
    )
    found: dict[str, list[Task]] = defaultdict(list)
    for assignment, story_state, filed_at, returned in rows.tuples():
        found[assignment.outlet].append(
            Task(
                answered=answered_in_time(assignment, now),
                accepted=was_accepted(assignment),
                filed=how_filed(assignment, filed_at, now),
                returned=returned or 0,
                rejected=story_state == "rejected",
            )
        )
    return found


def answered_in_time(assignment: Assignment, now: datetime) -> bool | None:
    """Whether the outlet answered in time; None while there is time left."""
    if assignment.answered_at is not None:
        return assignment.answered_at <= assignment.answer_by
    return False if assignment.state == "expired" or now > assignment.answer_by else None


def was_accepted(assignment: Assignment) -> bool:
    """An assignment that expired after an answer had been accepted: its outlet promised and did not file."""
    if assignment.state == "expired":
        return assignment.answered_at is not None
    return assignment.state in {"accepted", "filed", "done"}


def how_filed(assignment: Assignment, filed_at: datetime | None, now: datetime) -> str:
    """on_time, late, missing, or open while there is time left."""
    if filed_at is not None:
        return "on_time" if filed_at <= assignment.deadline_at else "late"
    return "missing" if assignment.state == "expired" or now > assignment.deadline_at else "open"


def _pitches(session: Session, edition_id: int) -> dict[str, list[str]]:
    rows = session.scalars(select(Pitch).where(Pitch.edition_id == edition_id).order_by(Pitch.id)).all()
    states = {pitch.id: pitch.state for pitch in rows}
    found: dict[str, list[str]] = defaultdict(list)
    for pitch in rows:
        if pitch.outlet is None:
            continue
        if pitch.merged_into_id is not None:
            fate = "joined" if states.get(pitch.merged_into_id) == "accepted" else "other"
        else:
            fate = pitch.state if pitch.state in {"accepted", "held"} else "other"
        found[pitch.outlet].append(fate)
    return found


def _supported(session: Session, edition_id: int) -> dict[str, int]:
    finished = Assignment.state.in_(("filed", "done"))
    rows = session.scalars(select(Assignment).where(Assignment.edition_id == edition_id, finished))
    return Counter(str(partner) for assignment in rows for partner in assignment.partners)
