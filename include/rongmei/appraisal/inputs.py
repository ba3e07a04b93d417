"""Gathers everything a period is scored from out of the ledger, as plain JSON that is frozen with the period.

What is here is what was known: events and figures, no points. The same inputs can be scored by any rule set.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rongmei.appraisal.events import read_events
from rongmei.appraisal.figures import DAY, readings
from rongmei.appraisal.names import Register
from rongmei.clock import at_local
from rongmei.ledger import CORRECTS, Edition, Publication, Snapshot, Story, StoryVersion

if TYPE_CHECKING:
    from rongmei.config import Cluster
    from rongmei.config.appraisal.rules import Figures

FORMAT = 1
"""Of the inputs; another shape gets another number, so that old periods stay readable."""
OUT_OF_SIGHT = frozenset({"cancelled", "recalled"})


@dataclass(frozen=True)
class Span:
    """What is appraised: the days (Asia/Shanghai, both included), of which cluster and campaigns.

    Attributes:
        campaigns: ids of the campaigns whose editions count.
        campaign: the only one, for a period of a single campaign.
    """

    cluster: Cluster
    campaigns: tuple[str, ...]
    first: date
    last: date
    rehearsal: bool = False
    campaign: str | None = None

    @property
    def start(self) -> datetime:
        """Its first moment, aware UTC."""
        return at_local(self.first, "00:00")

    @property
    def end(self) -> datetime:
        """The first moment after it, aware UTC."""
        return at_local(self.last + timedelta(days=1), "00:00")

    def within(self, column: Any) -> Any:
        """The condition that a moment lies in it."""
        return (column >= self.start) & (column < self.end)

    @property
    def editions(self) -> Any:
        """The ids of the editions that count, as a query."""
        return select(Edition.id).where(Edition.campaign.in_(self.campaigns), Edition.rehearsal == self.rehearsal)


class Owners:
    """Which outlet of today a former id belongs to."""

    def __init__(self, cluster: Cluster) -> None:
        self._now = {former: outlet.id for outlet in cluster.outlets for former in outlet.formerly}
        self.known = {outlet.id for outlet in cluster.outlets}
        self.strangers: set[str] = set()

    def of(self, outlet: str) -> str:
        """The outlet's id of today; one that the cluster does not know keeps its own."""
        today = self._now.get(outlet, outlet)
        if today not in self.known:
            self.strangers.add(today)
        return today


def gather(session: Session, span: Span, said: Figures, *, now: datetime) -> dict[str, Any]:
    """The inputs of a period, as plain JSON; the same ledger and moment give the same.

    Args:
        said: which figures count.
        now: figures and events that are later are not known.
    """
    owners, register = Owners(span.cluster), Register(span.cluster)
    posts = _posts(session, span, owners, register, now)
    figures = readings(session, {row["id"]: row.pop("live") for row in posts}, said.hours, now)
    for row in posts:
        row.update(figures[row["id"]].as_json())
    events = read_events(session, span, owners, register, now)
    inputs = {
        "format": FORMAT,
        "cluster": {"id": span.cluster.id, "name": span.cluster.name},
        "campaign": span.campaign,
        "campaigns": sorted(span.campaigns),
        "rehearsal": span.rehearsal,
        "first_day": span.first.isoformat(),
        "last_day": span.last.isoformat(),
        "as_of": now.isoformat(),
        "figures": {"hours": said.hours, "history_days": said.history_days},
        "posts": posts,
        "history": _history(session, span, {row["account"] for row in posts}, said, now),
        **events,
    }
    inputs["outlets"] = _outlets(span.cluster, owners)
    inputs["people"] = {subject: register.seen[subject] for subject in sorted(register.seen)}
    inputs["notes"] = [*_young(posts), *_missing_days(session, span, posts, now), *_strange(owners)]
    return inputs


def _posts(session: Session, span: Span, owners: Owners, register: Register, now: datetime) -> list[dict[str, Any]]:
    """Every publication that went live in the period, but for what was taken back and correction notes."""
    rows = session.execute(
        select(
            Publication.id,
            Publication.story_id,
            Publication.outlet,
            Publication.account,
            Publication.channel,
            Publication.position,
            Publication.live_at,
            Publication.url,
            Publication.progress,
            Story.outlet,
            StoryVersion.title,
            StoryVersion.author,
            StoryVersion.ai_generated,
            StoryVersion.extras,
            Edition.key,
        )
        .join(Story, Story.id == Publication.story_id)
        .join(StoryVersion, StoryVersion.id == Publication.version_id)
        .join(Edition, Edition.id == Publication.edition_id)
        .where(
            Publication.edition_id.in_(span.editions),
            Publication.state.not_in(OUT_OF_SIGHT),
            span.within(Publication.live_at),
            Publication.live_at <= now,
        )
        .order_by(Publication.id)
    )
    followers = {f"{outlet.id}/{account.channel}": account.followers for outlet, account in span.cluster.accounts()}
    origins = _Origins(span.cluster)
    found = []
    for row in rows.tuples():
        number, story, host, account, channel, position, live, url, progress, outlet, title, author, ai, extras, key = (
            row
        )
        if CORRECTS in progress or live is None:
            continue
        author_outlet = owners.of(outlet)
        found.append(
            {
                "id": number,
                "story": story,
                "title": title,
                "edition": key,
                "outlet": author_outlet,
                "authors": register.authors(author, author_outlet),
                "host": owners.of(host),
                "account": account,
                "channel": channel,
                "position": position,
                "origin": origins.of(outlet, ai=ai, source=str((extras or {}).get("source", ""))),
                "followers": followers.get(account, followers.get(f"{owners.of(host)}/{channel}")),
                "url": url,
                "live_at": live.isoformat(),
                "live": live,
            }
        )
    return found


class _Origins:
    """Whose work a story is, by what its head says of its source."""

    def __init__(self, cluster: Cluster) -> None:
        self._own = {
            outlet.id: {outlet.name, *(account.handle for account in outlet.accounts), "原创", "本报", "本台"}
            for outlet in cluster.outlets
        }

    def of(self, outlet: str, *, ai: bool, source: str) -> str:
        """`ai` for machine-made text, `reprint` for what names another source, else `original`."""
        if ai:
            return "ai"
        if not source or any(name in source for name in self._own.get(outlet, ("原创",))):
            return "original"
        return "reprint"


def _history(
    session: Session, span: Span, accounts: Collection[str], said: Figures, now: datetime
) -> dict[str, list[list[int | None]]]:
    """Of each account the posts before the period that have reads: publication, place in its bundle, reads."""
    rows = session.execute(
        select(Publication.id, Publication.account, Publication.position, Publication.live_at)
        .join(Edition, Edition.id == Publication.edition_id)
        .where(
            Publication.account.in_(sorted(accounts)),
            Publication.state.not_in(OUT_OF_SIGHT),
            Publication.live_at >= span.start - timedelta(days=said.history_days),
            Publication.live_at < span.start,
            Edition.rehearsal == span.rehearsal,
        )
        .order_by(Publication.id)
    ).all()
    known = readings(session, {row.id: row.live_at for row in rows if row.live_at}, said.hours, now, step=DAY)
    found: defaultdict[str, list[list[int | None]]] = defaultdict(list)
    for row in rows:
        reads = known[row.id].figures["reads"]
        if reads is not None:
            found[row.account].append([row.id, row.position, reads])
    return dict(sorted(found.items()))


def _outlets(cluster: Cluster, owners: Owners) -> list[dict[str, Any]]:
    """Every outlet of the cluster, and whoever else the ledger names, with what tells its size."""
    rows: list[dict[str, Any]] = []
    for outlet in cluster.outlets:
        followers = [account.followers for account in outlet.accounts if account.followers is not None]
        rows.append(
            {
                "id": outlet.id,
                "name": outlet.name,
                "kind": outlet.kind,
                "size": outlet.size,
                "followers": sum(followers) if followers else None,
                "formerly": list(outlet.formerly),
            }
        )
    rows += [
        {"id": one, "name": one, "kind": None, "size": None, "followers": None, "formerly": []}
        for one in sorted(owners.strangers)
    ]
    return rows


def _young(posts: Sequence[dict[str, Any]]) -> Iterable[str]:
    if young := sum(1 for row in posts if row["young"]):
        yield f"{young} 个发布单冻结时还没满规定的时长，按冻结时的数计"


def _strange(owners: Owners) -> Iterable[str]:
    if owners.strangers:
        names = "、".join(sorted(owners.strangers))
        yield f"集群文件里没有 {names}：单列计分。改过标识或并入别家的，在那家的 formerly 里写上旧标识再重新冻结"


def _missing_days(session: Session, span: Span, posts: Sequence[dict[str, Any]], now: datetime) -> Iterable[str]:
    """Days on which nothing at all was read although posts were out: their figures are older than they look."""
    silent = []
    for offset in range((span.last - span.first).days + 1):
        day = span.first + timedelta(days=offset)
        begin, end = at_local(day, "00:00"), at_local(day + timedelta(days=1), "00:00")
        out = [row["id"] for row in posts if datetime.fromisoformat(row["live_at"]) < end - timedelta(hours=12)]
        if not out or end > now:
            continue
        seen = (
            select(func.count())
            .select_from(Snapshot)
            .where(Snapshot.observed_at < end, Snapshot.last_seen_at >= begin, Snapshot.publication_id.in_(out[:500]))
        )
        if not session.scalar(seen):
            silent.append(f"{day.month}月{day.day}日")
    if silent:
        yield f"{'、'.join(silent)}没有采到任何数据，用的是此前最后一次的数"
